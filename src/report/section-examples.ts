/** Single pictures or sounds, small: those that the model is most wrong about, least sure of, and as it is shown them. */
import { noun } from "./facts.ts";
import { percent } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { PictureExample, ReportData } from "./report-data.ts";
import { nameHtml, visible } from "./text.ts";

export function examplesSection(data: ReportData): Html | undefined {
  const { examples } = data;
  if (examples === undefined) return undefined;
  const { one, many } = noun(data);
  const { legend } = examples;
  return html`${legend !== undefined && html`<p class="prose">${legend}</p>`}${row(
    "Most wrong",
    `Test ${many} with the wrong answer that it was surest of. Look whether the label is right.${whyWords(examples.wrong)}`,
    examples.wrong,
    examples.wide,
    answerLine,
  )}${row(
    "Most unsure",
    `Test ${many} whose two most probable answers lie closest together.${whyWords(examples.unsure)}`,
    examples.unsure,
    examples.wide,
    answerLine,
  )}${row(
    "As the network sees them while it learns",
    `Each ${one} as it is, then as it is changed: anew in each epoch, so that the network does not learn by heart.`,
    examples.augmented ?? [],
    examples.wide,
    ({ actual }) => html`${nameHtml(actual)}`,
  )}`;
}

function row(
  title: string,
  words: string,
  pictures: readonly PictureExample[],
  wide: boolean | undefined,
  line: (picture: PictureExample) => Html,
): Html | undefined {
  if (pictures.length === 0) return undefined;
  return html`<h3>${title}</h3>
<p class="prose">${words}</p>
<ul class="pictures${wide === true && " drawn"}">${pictures.map(
    (picture) =>
      html`<li><img src="data:image/png;base64,${picture.png}" alt="${visible(picture.actual, 40)}">${picture.why !== undefined && html`<img src="data:image/png;base64,${picture.why}" alt="what the answer rests on">`}<span>${line(picture)}</span></li>`,
  )}</ul>
`;
}

const whyWords = (pictures: readonly PictureExample[]): string =>
  pictures.some(({ why }) => why !== undefined)
    ? " Below the first ones the same with what the answer rests on in its colours: the places whose covering lowers its probability most. One without such a picture rests on no place alone."
    : "";

const answerLine = ({ actual, predicted, probability }: PictureExample): Html =>
  html`${nameHtml(actual)}<small>${predicted !== undefined && html`says ${nameHtml(predicted)}`}${probability !== undefined && `, ${percent(probability)}`}</small>`;
