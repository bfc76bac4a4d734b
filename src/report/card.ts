/**
 * The model card: what the report says, on one page of Markdown.
 *
 * Sections after Mitchell et al. 2019, "Model Cards for Model Reporting", as far as
 * the data speak to them.
 */
import { advice } from "./advice.ts";
import { count, estimate, estimateDecimals, fixed } from "./format.ts";
import { titleWithUnit } from "./facts.ts";
import { headline } from "./headline.ts";
import type { ReportData } from "./report-data.ts";
import { leakSentence } from "./section-tables.ts";
import { limitations, whatWasDone } from "./section-done.ts";
import { escapeMarkdown, join, markdownCode, name, say, toMarkdown, visible } from "./text.ts";

/** The card as Markdown; equal data give equal bytes. */
export function modelCard(data: ReportData): string {
  const given = advice(data);
  const blocks: (string | undefined)[] = [
    `# Model card: ${toMarkdown(say`predicting ${name(data.target.column)}`)}`,
    headline(data)
      .map(
        (line) =>
          `- **${escapeMarkdown(line.question)}**${line.question.endsWith("?") ? "" : ":"} ${toMarkdown(line.answer)}`,
      )
      .join("\n"),
    "## Data and training",
    toMarkdown(whatWasDone(data)),
    "## Scores on untouched rows",
    scoreTable(data),
    data.findings.length > 0 ? "## Findings in the data" : undefined,
    findingList(data),
    (data.segments ?? []).length > 0 ? "## Where it fails" : undefined,
    segmentList(data),
    "## Limits",
    limitations(data)
      .map((limit) => `- ${toMarkdown(limit)}`)
      .join("\n"),
    given && "## What would make it better",
    given && toMarkdown(join([given.verdict, ...given.evidence])),
    "## Reproduce",
    `\`\`\`sh\n${visible(data.run.command, 4000).replaceAll("```", "'''")}\n\`\`\``,
    [
      ...data.run.versions.map(
        (v) => `- ${escapeMarkdown(visible(v.name, 60))} ${escapeMarkdown(visible(v.version, 60))}`,
      ),
      ...data.run.hashes.map(
        (h) => `- ${escapeMarkdown(visible(h.name, 80))}: ${markdownCode(visible(h.sha256, 64))}`,
      ),
    ].join("\n"),
  ];
  return `${blocks.filter((block) => block !== undefined && block !== "").join("\n\n")}\n`;
}

function scoreTable(data: ReportData): string {
  const lines = data.test.slice(0, 20).map((test) => {
    const decimals = estimateDecimals([test.score]);
    const unit = test.metric.inTargetUnits ? data.target.unit : undefined;
    const nothing = test.baseline === undefined ? "–" : fixed(test.baseline, decimals);
    return `| ${escapeMarkdown(titleWithUnit(visible(test.metric.label, 60), unit))} | ${estimate(test.score, decimals)} | ${nothing} |`;
  });
  return ["| Metric | Model | Doing nothing |", "| --- | --- | --- |", ...lines].join("\n");
}

function findingList(data: ReportData): string | undefined {
  const shown = data.findings.slice(0, 10).map((finding) => {
    const where = finding.column === undefined ? "" : ` in ${markdownCode(visible(finding.column, 80))}`;
    const scores = finding.scores === undefined ? "" : ` ${toMarkdown(leakSentence(data, finding))}`;
    return `- **${escapeMarkdown(visible(finding.kind, 30))}**${where}: ${escapeMarkdown(visible(finding.evidence, 300))}${scores}`;
  });
  const more = data.findings.length - shown.length;
  if (more > 0) shown.push(`- and ${count(more)} more`);
  return shown.length === 0 ? undefined : shown.join("\n");
}

function segmentList(data: ReportData): string | undefined {
  const shown = (data.segments ?? []).slice(0, 5);
  const decimals = estimateDecimals(shown.map((segment) => segment.score));
  return shown
    .map(
      (segment) =>
        `- ${markdownCode(visible(segment.description, 120))}: ${escapeMarkdown(data.metric.label)} ${estimate(segment.score, decimals)} on ${count(segment.rows)} rows`,
    )
    .join("\n");
}
