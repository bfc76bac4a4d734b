/** The end of the report: what would help, and how to get the same file again. */
import { advice } from "./advice.ts";
import { count, duration } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { ReportData } from "./report-data.ts";
import { toHtml, visible } from "./text.ts";

export function adviceSection(data: ReportData): Html | undefined {
  const given = advice(data);
  if (given === undefined) return undefined;
  return html`<p class="verdict">${toHtml(given.verdict)}</p>
<ul class="prose">${given.evidence.map((sentence) => html`<li>${toHtml(sentence)}</li>`)}</ul>
`;
}

export function reproduceSection({ run }: Pick<ReportData, "run">): Html {
  const promise =
    run.cutShort === true
      ? "The training was stopped before its end, and no command stops at the same step again. This one goes to the end, so that its file may be another:"
      : run.budget === undefined && run.timeLimitSeconds !== undefined
        ? "This command repeats the search; a limit in seconds instead of work units may end it at another point:"
        : "The same data, versions and kind of processor give the same file, byte for byte, with this command:";
  const facts: (readonly [string, string] | undefined)[] = [
    ["Seed", String(run.seed)],
    run.budget === undefined ? undefined : ["Budget", `${count(run.budget)} work units`],
    run.timeLimitSeconds === undefined ? undefined : ["Time limit", duration(run.timeLimitSeconds)],
  ];
  return html`<p class="prose">${promise}</p>
<pre tabindex="0" aria-label="Command"><code>${visible(run.command, 4000)}</code></pre>
<dl class="facts">${facts.map((fact) => fact && html`<div><dt>${fact[0]}</dt><dd>${fact[1]}</dd></div>`)}${run.versions
    .slice(0, 20)
    .map(
      (item) => html`<div><dt>${visible(item.name, 60)}</dt><dd>${visible(item.version, 60)}</dd></div>`,
    )}</dl>
${
  run.hashes.length > 0 &&
  html`<div class="scroll" role="region" tabindex="0" aria-label="Hashes"><table>
<thead><tr><th scope="col">File</th><th scope="col">SHA-256</th></tr></thead>
<tbody>${run.hashes.slice(0, 30).map((item) => html`<tr><th scope="row"><bdi>${visible(item.name, 80)}</bdi></th><td><code class="hash">${visible(item.sha256, 64)}</code></td></tr>`)}</tbody></table></div>
`
}`;
}
