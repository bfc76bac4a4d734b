export { svm, svmParameters } from "./svm.ts";
