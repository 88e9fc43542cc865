// Lines over time, by uPlot, in the colours of the theme. What a chart says is in its legend as text, too.

import { clock } from "./format.js";
import { html, Plot, useEffect, useLayoutEffect, useRef, useState } from "./lib.js";

/** Lines differ by their dashes as well, for those to whom colours look alike. */
const DASHES = [[], [6, 3], [2, 3], [10, 3, 2, 3], [12, 4], [4, 4], [1, 4], [8, 2, 2, 2, 2, 2]];
const COLOURS = 8;

/** Charts show at least so much, so that the first few samples are not stretched over the whole width. */
const LEAST_SECONDS = 60;

const WHOLE_STEPS = Array.from({ length: 12 }, (_, i) => [1, 2, 5].map((one) => one * 10 ** i)).flat();

/** More lines than that are a tangle. */
export const MOST_LINES = 8;

/** A colour of the style sheet as the canvas takes it. */
function colour(element, name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}

function options(element, { series, format, height, isCount }, onHover) {
  const [text, grid] = [colour(element, "--soft"), colour(element, "--grid")];
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 5 }, drag: { x: false, y: false } },
    padding: [8, 32, 0, 0],
    scales: {
      x: { time: true, range: (_, least, most) => [Math.min(least, most - LEAST_SECONDS), most] },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] },
    },
    axes: [
      { ...axis, space: 80, size: 26, values: (_, times) => times.map((time) => clock(time * 1000)) },
      { ...axis, space: 28, size: 58, incrs: isCount ? WHOLE_STEPS : undefined, values: (_, values) => values.map(format) },
    ],
    series: [
      {},
      ...series.map(({ label }, i) => ({
        label,
        stroke: colour(element, `--line-${(i % COLOURS) + 1}`),
        width: 1.5,
        dash: DASHES[i % DASHES.length],
        points: { show: false },
        spanGaps: false,
      })),
    ],
    hooks: { setCursor: [(plot) => onHover(plot.cursor.idx ?? null)] },
  };
}

/**
 * A chart.
 *
 * @param columns times in seconds, then the values of each of the series
 * @param series {label} of each line, at most MOST_LINES
 * @param format a value as text
 * @param isCount whether there is nothing between 1 and 2
 */
export function Chart({ title, columns, series, format, height = 150, theme, note, isCount = false }) {
  const box = useRef(null);
  const plot = useRef(null);
  const [hovered, setHovered] = useState(null);
  const labels = series.map((one) => one.label).join("\n");
  // One sample is no line.
  const isEmpty = columns[0].length < 2;

  useLayoutEffect(() => {
    if (isEmpty) return undefined;
    const element = box.current;
    plot.current = new Plot(options(element, { series, format, height, isCount }, setHovered), columns, element);
    const resized = new ResizeObserver(() => plot.current.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.current.destroy();
      plot.current = null;
    };
  }, [labels, theme, height, isEmpty]);

  useEffect(() => plot.current?.setData(columns), [columns]);

  const at = hovered !== null && hovered < columns[0].length ? hovered : columns[0].length - 1;
  return html`<figure class="chart">
    <figcaption>${title}${note && html`<small>${note}</small>`}
      ${hovered !== null && !isEmpty && html`<small class="at">at ${clock(columns[0][at] * 1000)}</small>`}
    </figcaption>
    <div ref=${box} class="plot" aria-hidden="true">${isEmpty && html`<p class="few">It begins with the next answers.</p>`}</div>
    <ul class="legend">
      ${series.map(({ label, href }, i) => html`<li key=${label}>
        <svg viewBox="0 0 22 6" aria-hidden="true"><line x1="0" y1="3" x2="22" y2="3" class=${"line-" + ((i % COLOURS) + 1)} stroke-dasharray=${DASHES[i % DASHES.length].join(" ")} /></svg>
        ${href ? html`<a href=${href}>${label}</a>` : label} <b>${format(columns[i + 1][at] ?? null)}</b>
      </li>`)}
    </ul>
  </figure>`;
}

/** Colours of charts have to be taken anew when the theme changes, be it chosen here or by the system. */
export function useTheme() {
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    const changed = () => setTheme((last) => last + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    const chosen = new MutationObserver(changed);
    system.addEventListener("change", changed);
    chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      system.removeEventListener("change", changed);
      chosen.disconnect();
    };
  }, []);
  return theme;
}
