export { bcResNet, type BcResNetOptions, dsCnn, type DsCnnOptions } from "./audio.ts";
export { characterRuns, tagger, type TaggerOptions } from "./tagger.ts";
export { tcn, tcnBody, type TcnOptions } from "./tcn.ts";
export { mlpNet, type MlpNetOptions } from "./mlp-net.ts";
export { mobileNetV2, type MobileNetOptions } from "./mobilenet-v2.ts";
export { resnet, type ResnetOptions } from "./resnet.ts";
export { smallCnn, type SmallCnnOptions } from "./small-cnn.ts";
export {
  memberLoss,
  numericEmbedding,
  periodic,
  piecewiseLinear,
  tabM,
  type TabMOptions,
} from "./tabular.ts";
export { vit, type VitOptions } from "./vit.ts";
export {
  runVectors,
  textBag,
  type TextBagOptions,
  textCnn,
  type TextCnnOptions,
  type TextInput,
  type TextNetworkOptions,
  textTransformer,
  type TextTransformerOptions,
} from "./text.ts";
