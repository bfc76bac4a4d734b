export { bcResNet, type BcResNetOptions, dsCnn, type DsCnnOptions } from "./audio.ts";
export { tcn, tcnBody, type TcnOptions } from "./tcn.ts";
