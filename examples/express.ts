import { MillwrightError } from "millwright/core";
import { load } from "millwright/model";
import express from "express";
import { churn } from "./churn.ts";

const model = await load(process.env.MODEL ?? "churn.onnx", churn);
const app = express().use(express.json());

app.post("/predict", async (request, response) => {
  const { tenure, plan, signup } = request.body;
  try {
    response.json(await model.predictOne({ tenure, plan, signup }));
  } catch (error) {
    if (!(error instanceof MillwrightError)) throw error;
    response.status(400).json({ code: error.code, error: error.message });
  }
});
const server = app.listen(Number(process.env.PORT ?? 3000), () => console.log("listening", server.address()));
