import { MillwrightError } from "millwright/core";
import { load } from "millwright/model";
import { churn } from "../../../../churn.ts";

const model = load(process.env.MODEL ?? "churn.onnx", churn);

export async function POST(request: Request): Promise<Response> {
  const { tenure, plan, signup } = await request.json();
  try {
    return Response.json(await (await model).predictOne({ tenure, plan, signup }));
  } catch (error) {
    if (!(error instanceof MillwrightError)) throw error;
    return Response.json({ code: error.code, error: error.message }, { status: 400 });
  }
}
