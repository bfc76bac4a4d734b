import { load } from "millwright/model";
import { churn } from "../churn.ts";

const model = await load("churn.onnx", churn);
const form = document.forms[0]!;
const field = (name: string): HTMLInputElement => form.elements.namedItem(name) as HTMLInputElement;
form.onsubmit = async (event) => {
  event.preventDefault();
  const tenure = field("tenure").valueAsNumber;
  const plan = field("plan").value;
  const signup = field("signup").valueAsDate;
  const { prediction, probabilities } = await model.predictOne({ tenure, plan, signup });
  form.querySelector("output")!.value = `${prediction} ${probabilities.Yes}`;
};
