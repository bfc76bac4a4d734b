export { naiveBayes, naiveBayesParameters } from "./naive-bayes.ts";
