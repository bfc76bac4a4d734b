/**
 * The table of `millwright demo ml`: customers of an invented phone company, made from a seed.
 *
 * It holds what real tables hold: missing cells, categories, a date, a short text,
 * an identifier, and one column that is known only after the answer (a leak).
 */
import { createRandom } from "../../core/index.ts";

const plans = ["prepaid", "basic", "family", "business"] as const;
const regions = ["north", "south", "east", "west", "islands"] as const;
const complaints = ["no signal at home", "bill too high", "slow support", "moving abroad"] as const;

/** CSV text with a header and `rowCount` rows. */
export function demoCsv(rowCount = 4000, seed = 1): string {
  const random = createRandom(seed).child("demo data");
  const lines = [
    "customer_id,signed_up,region,plan,monthly_fee,calls_to_support,data_gb,last_message,refund_after_leaving,left",
  ];
  for (let i = 0; i < rowCount; i++) {
    const plan = plans[random.integer(plans.length)]!;
    const region = regions[Math.min(regions.length - 1, Math.floor(Math.abs(random.normal()) * 1.8))]!;
    const tenureDays = Math.floor(-Math.log(1 - random.next()) * 700);
    const fee = 12 + 9 * plans.indexOf(plan) + random.normal() * 3;
    const calls = Math.max(0, Math.round(random.normal() * 1.5 + 1));
    const gigabytes = Math.exp(random.normal() * 0.8 + 1.5);
    const complaint = random.next() < 0.25 ? complaints[random.integer(complaints.length)]! : "";
    const drive =
      -1.6 +
      0.55 * calls -
      tenureDays / 500 +
      0.05 * (fee - 25) +
      (plan === "prepaid" ? 0.8 : 0) +
      (region === "islands" ? 0.7 : 0) +
      (complaint === "moving abroad" ? 2.2 : complaint === "" ? 0 : 0.6) +
      (gigabytes < 2 ? 0.6 : 0);
    const left = random.next() < 1 / (1 + Math.exp(-drive));
    const signedUp = new Date(Date.UTC(2026, 0, 1) - tenureDays * 86400000).toISOString().slice(0, 10);
    const refund = left ? (fee * (0.5 + random.next())).toFixed(2) : "0";
    lines.push(
      [
        `C${100000 + i * 7}`,
        signedUp,
        region,
        plan,
        random.next() < 0.04 ? "" : fee.toFixed(2),
        calls,
        random.next() < 0.06 ? "" : gigabytes.toFixed(1),
        complaint,
        refund,
        left ? "yes" : "no",
      ].join(","),
    );
  }
  return `${lines.join("\n")}\n`;
}
