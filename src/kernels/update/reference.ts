/** The plain reference of the optimisers' steps: one number after the other, each operation rounded to float32. */

const f = Math.fround;

/** Adam and AdamW with their moments as sums. */
export function adamReference(
  parameter: Float32Array,
  gradient: Float32Array,
  first: Float32Array,
  second: Float32Array,
  set: Readonly<Record<"beta1" | "beta2" | "scale" | "epsilon" | "decay" | "kept", number>>,
): void {
  const [beta1, beta2, scale, epsilon] = [f(set.beta1), f(set.beta2), f(set.scale), f(set.epsilon)];
  parameter.forEach((p, i) => {
    const g = f(gradient[i]! + f(p * f(set.decay)));
    first[i] = f(f(first[i]! * beta1) + g);
    second[i] = f(f(second[i]! * beta2) + f(g * g));
    const change = f(f(first[i]! * scale) / f(f(Math.sqrt(second[i]!)) + epsilon));
    parameter[i] = f(f(p * f(set.kept)) - change);
  });
}

/** Gradient descent with momentum. */
export function momentumReference(
  parameter: Float32Array,
  gradient: Float32Array,
  velocity: Float32Array,
  set: Readonly<Record<"momentum" | "rate" | "decay", number>>,
  nesterov: boolean,
): void {
  parameter.forEach((p, i) => {
    const g = f(gradient[i]! + f(p * f(set.decay)));
    const v = f(f(velocity[i]! * f(set.momentum)) + g);
    velocity[i] = v;
    const direction = nesterov ? f(g + f(v * f(set.momentum))) : v;
    parameter[i] = f(p - f(direction * f(set.rate)));
  });
}
