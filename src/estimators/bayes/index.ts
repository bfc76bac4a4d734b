export {
  complementNaiveBayes,
  complementNaiveBayesParameters,
  multinomialNaiveBayes,
  multinomialNaiveBayesParameters,
} from "./count-bayes.ts";
export { naiveBayes, naiveBayesParameters } from "./naive-bayes.ts";
