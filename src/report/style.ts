/**
 * The style sheet: one column of text, pictures in a quiet grid, hairlines instead of
 * boxes, figures of equal width. Light and dark follow the system, three radio buttons
 * override it without any script, and paper is always light.
 */
import { dark, light, variables } from "./palette.ts";

const heat = Array.from(
  { length: 11 },
  (_, i) => `.h${i}{background:rgb(var(--blue-rgb)/${(i * 0.055).toFixed(3)})}`,
).join("");
const swatches = Object.keys(light)
  .map((colour) => `.swatch.${colour}{border-color:var(--${colour})}`)
  .join("");

/** The whole style sheet of the report. */
export const style = `
:root{color-scheme:light;${variables(light)}}
@media screen{
@media (prefers-color-scheme:dark){:root:not(:has(#theme-light:checked)){color-scheme:dark;${variables(dark)}}}
:root:has(#theme-dark:checked){color-scheme:dark;${variables(dark)}}
}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","Liberation Sans",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
.page{max-width:1240px;margin:0 auto;padding:0 32px 96px;display:grid;grid-template-columns:176px minmax(0,920px);column-gap:72px;justify-content:center}
main{grid-column:2}
small,.soft{color:var(--soft)}
h1,h2,h3{line-height:1.2;margin:0;text-wrap:balance}
h1{font-size:42px;font-weight:650;letter-spacing:-.022em;overflow-wrap:anywhere}
h2{font-size:25px;font-weight:620;letter-spacing:-.012em}
h3{font-size:15.5px;font-weight:620;overflow-wrap:anywhere}
section{margin-top:72px;padding-top:28px;border-top:1px solid var(--rule)}
section>h2{margin-bottom:20px}
section>h3{margin:36px 0 10px}
p{margin:0 0 16px}
.prose{max-width:68ch;text-wrap:pretty}
ul.prose{padding-left:1.15em;margin:0 0 16px}
ul.prose li{margin:0 0 7px;padding-left:2px}
ul.prose li::marker{color:var(--faint)}
.skip{position:absolute;left:-9999px}
.skip:focus{left:16px;top:8px;background:var(--page);padding:8px 12px;z-index:2}
:focus-visible{outline:2px solid var(--blue);outline-offset:3px;border-radius:2px}
a{color:inherit;text-decoration-color:var(--faint);text-underline-offset:3px}
nav{grid-column:1;grid-row:1}
nav div{position:sticky;top:0;padding-top:72px}
nav ol{list-style:none;margin:0 0 28px;padding:0;font-size:14px;line-height:1.35}
nav li{margin:0 0 9px}
nav a{color:var(--soft);text-decoration:none}
nav a:hover{color:var(--ink);text-decoration:underline}
fieldset{border:0;margin:0;padding:0;font-size:13px;color:var(--soft);display:flex;flex-wrap:wrap;gap:2px 10px}
legend{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
fieldset label{display:inline-flex;align-items:center;gap:4px;cursor:pointer}
fieldset input{accent-color:var(--blue);margin:0;width:13px;height:13px}
.top{padding-top:68px}
.eyebrow{font-size:13px;letter-spacing:.02em;color:var(--soft);margin:0 0 6px}
.lead{color:var(--soft);margin:12px 0 40px;font-size:17px}
.brief{display:grid;grid-template-columns:minmax(0,1fr) 340px;gap:40px 64px;align-items:start}
.brief.alone{grid-template-columns:minmax(0,68ch)}
.brief>figure.full{grid-column:auto}
.brief dl{margin:0}
.brief dl div{margin:0 0 26px}
.brief dt{font-size:14px;color:var(--soft);margin:0 0 3px}
.brief dd{margin:0;font-size:19px;line-height:1.48;text-wrap:pretty}
.brief dd b{font-weight:680}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:20px 40px;margin:28px 0}
.facts dt{font-size:13.5px;color:var(--soft)}
.facts dd{margin:0;font-size:15px;line-height:1.45;overflow-wrap:anywhere}
.figures{display:grid;grid-template-columns:repeat(6,minmax(0,1fr));gap:52px 40px;margin:28px 0 0}
figure{margin:0;min-width:0;break-inside:avoid}
figure.half{grid-column:span 3}
figure.third{grid-column:span 2}
figure.full{grid-column:1/-1}
figure h3{margin:0 0 12px}
figure>svg{display:block;overflow:visible;width:100%;height:auto;max-width:560px;font-family:inherit}
figcaption{text-wrap:pretty;font-size:14.5px;line-height:1.52;color:var(--soft);margin-top:12px;max-width:64ch;text-wrap:pretty}
figcaption b{color:var(--ink)}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:2px 20px;margin:0 0 10px;padding:0;font-size:13.5px;line-height:1.5;color:var(--soft)}
.swatch{display:inline-block;width:20px;border-top:3px solid;margin-right:7px;vertical-align:4px}
.swatch.dashed{border-top-style:dashed}
${swatches}
.pictures{list-style:none;display:flex;flex-wrap:wrap;gap:20px 18px;margin:0 0 28px;padding:0;font-size:13.5px;line-height:1.35}
.pictures li{width:96px}
.pictures img{display:block;width:96px;height:auto;border-radius:4px;image-rendering:pixelated;margin:0 0 6px}
.pictures small{display:block}
.pictures.drawn li,.pictures.drawn img{width:192px}
.pictures.drawn img{height:132px}
.scroll{overflow-x:auto;margin:24px 0 20px}
figure .scroll{margin-top:0;margin-bottom:0}
figure.half th,figure.half td{padding-right:16px}
figure.half th:last-child,figure.half td:last-child{padding-right:0}
figure.half tbody th{min-width:0}
figure.half table{min-width:0;width:100%}
figure.half table.matrix{width:auto}
table{border-collapse:collapse;font-size:14.5px;line-height:1.4;min-width:min(100%,520px)}
caption{text-align:left;color:var(--soft);font-size:13.5px;padding:0 0 10px}
th,td{text-align:left;vertical-align:baseline;padding:9px 28px 9px 0;border-bottom:1px solid var(--rule);font-weight:400}
th:last-child,td:last-child{padding-right:0}
thead th{font-size:13px;color:var(--soft);vertical-align:bottom;line-height:1.3;border-bottom-color:var(--faint)}
.n{text-align:right;white-space:nowrap}
.wrap{white-space:normal}
th small,td small{display:block;font-size:12.5px;line-height:1.35}
td>small{display:inline;margin-left:4px}
tbody th{min-width:130px;max-width:340px;overflow-wrap:anywhere}
.wide{min-width:260px;max-width:440px;overflow-wrap:anywhere}
.chosen>*{background:var(--panel)}
.chosen th{font-weight:620}
.chosen th small{font-weight:400}
.chosen>:first-child{box-shadow:-12px 0 var(--panel)}
.chosen>:last-child{box-shadow:12px 0 var(--panel)}
.scroll:has(.chosen){padding:0 12px;margin-left:-12px;margin-right:-12px}
.board{width:100%}
.board th,.board td{vertical-align:middle}
.board thead th{vertical-align:bottom}
.drawing{padding-top:0;padding-bottom:0;width:170px}
.drawing svg{display:block}
.scale{width:170px}
.scale span{display:inline-block;width:50%}
.scale span+span{text-align:right}
.mark .band{fill:rgb(var(--blue-rgb)/.12)}
.mark .rule{stroke:var(--faint);stroke-dasharray:3 3}
.mark .interval{stroke:var(--soft);stroke-width:2.5;stroke-linecap:round}
.mark circle{fill:var(--soft)}
.mark.main .interval{stroke:var(--blue)}
.mark.main circle{fill:var(--blue)}
.mark .off{fill:none;stroke:var(--faint);stroke-width:2}
.matrix{min-width:0}
.matrix th,.matrix td{border:0;padding:9px 12px;max-width:150px}
.matrix tbody th{padding-left:0;min-width:0;text-align:right}
.matrix thead th{text-align:center;vertical-align:bottom}
.matrix thead th.corner{text-align:right;padding-left:0}
.matrix .heat{text-align:center;min-width:84px;border:2px solid var(--page)}
.matrix .heat small{display:block;margin:0;color:inherit;opacity:.85}
.matrix .right{font-weight:650}
${heat}
.tag{font-size:13px;white-space:nowrap;color:var(--soft)}
.tag.alert{color:var(--orange);font-weight:620}
.callout{border-left:3px solid var(--orange);padding:2px 0 2px 16px;max-width:68ch;font-size:17px}
.verdict{font-size:19px;line-height:1.5;max-width:60ch;text-wrap:pretty}
code,pre{font-family:ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"Liberation Mono",monospace;font-size:13px}
td code{white-space:nowrap}
pre{background:var(--panel);padding:14px 16px;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;margin:0 0 20px;max-width:100%}
.hash{color:var(--soft);font-size:12.5px}
footer{margin-top:72px;padding-top:20px;border-top:1px solid var(--rule);font-size:13.5px;color:var(--soft)}
@media (max-width:1180px){
.page{grid-template-columns:minmax(0,920px);padding:0 24px 72px}
main,nav{grid-column:1;grid-row:auto}
nav div{position:static;padding-top:20px;display:flex;flex-wrap:wrap;gap:8px 24px;justify-content:space-between}
nav ol{display:none}
.top{padding-top:36px}
}
@media (max-width:860px){
.brief{grid-template-columns:minmax(0,1fr)}
.brief figure{max-width:420px}
figure.third{grid-column:span 3}
}
@media (max-width:640px){
.page{padding:0 16px 56px}
h1{font-size:31px}
h2{font-size:22px}
.lead{font-size:16px;margin-bottom:28px}
.brief dd{font-size:17.5px}
section{margin-top:52px;padding-top:22px}
figure.half,figure.third{grid-column:1/-1}
.figures{gap:40px 0}
.matrix th,.matrix td{padding:8px 6px}
.matrix .heat{min-width:58px}
th,td{padding-right:20px}
}
@media print{
@page{margin:18mm 16mm}
body{font-size:10.5pt;background:#fff;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.page{display:block;max-width:none;padding:0}
nav,.skip{display:none}
.top{padding-top:0}
h1{font-size:24pt}
h2{font-size:15pt;break-after:avoid}
h3{break-after:avoid}
section{margin-top:28pt;padding-top:12pt}
.brief{grid-template-columns:minmax(0,1fr) 220px;gap:24px}
.brief dd{font-size:12pt}
.figures{gap:26px 28px}
figcaption{text-wrap:pretty;font-size:9pt}
table{font-size:9pt}
caption{break-after:avoid}
thead{display:table-header-group}
tr,.callout,pre,.facts div,.brief dl div{break-inside:avoid}
figure.half{grid-column:span 3}
figure.third{grid-column:span 2}
figure.half table{font-size:8pt}
figure.half th,figure.half td{padding-right:8px}
.scroll{overflow:visible}
}
`;
