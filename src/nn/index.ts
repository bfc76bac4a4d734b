/** Networks. So far the multilayer perceptron, a family of models like the others in `estimators/`. */
export { mlp, mlpParameters } from "./mlp.ts";
