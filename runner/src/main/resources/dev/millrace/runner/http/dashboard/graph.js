// The job as a picture: dagre says where things are, the rest is SVG of our own.

import { duration, exact, percent, rate, short, UNKNOWN } from "./format.js";
import { Graph, html, layOut, useEffect, useRef, useState } from "./lib.js";
import { LEVELS } from "./model.js";
import { addressOf } from "./routes.js";

const STAGE = { width: 236, height: 138 };
const TOPIC = { width: 172, height: 48 };
const MARGIN = 10;

/** Below that width a graph goes from top to bottom. */
const NARROW = 760;

/** Where nodes and edges of a graph are: {width, height, nodes: [{...node, x, y, width, height}], edges: [{...edge, path}]}. */
export function placed(graph, direction) {
  const dagre = new Graph({ multigraph: true });
  dagre.setGraph({ rankdir: direction, ranksep: direction === "LR" ? 56 : 40, nodesep: 22, marginx: MARGIN, marginy: MARGIN });
  dagre.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) dagre.setNode(node.id, { ...(node.kind === "stage" ? STAGE : TOPIC) });
  graph.edges.forEach((edge, i) => dagre.setEdge(edge.from, edge.to, {}, String(i)));
  layOut(dagre);
  const { width, height } = dagre.graph();
  return {
    width,
    height,
    nodes: graph.nodes.map((node) => {
      const at = dagre.node(node.id);
      return { ...node, x: at.x - at.width / 2, y: at.y - at.height / 2, width: at.width, height: at.height };
    }),
    edges: graph.edges.map((edge, i) => ({ ...edge, path: curve(dagre.edge({ v: edge.from, w: edge.to, name: String(i) }).points, direction) })),
  };
}

/** A line through the points that leaves and arrives in the direction of the graph. */
function curve(points, direction) {
  const [first, ...rest] = points;
  let path = `M${at(first)}`;
  let before = first;
  for (const point of rest) {
    const middle = direction === "LR" ? (before.x + point.x) / 2 : (before.y + point.y) / 2;
    const [one, other] =
      direction === "LR"
        ? [{ x: middle, y: before.y }, { x: middle, y: point.y }]
        : [{ x: before.x, y: middle }, { x: point.x, y: middle }];
    path += `C${at(one)} ${at(other)} ${at(point)}`;
    before = point;
  }
  return path;
}

const at = ({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)} `;

/** A name that fits; the whole one is in the title. */
export function fitting(name, characters) {
  if (name.length <= characters) return name;
  // The end of a name tells more than its middle: wordcount.words-reduce.shuffle.
  const tail = Math.floor((characters - 1) / 2);
  return name.slice(0, characters - 1 - tail) + "…" + name.slice(name.length - tail);
}

/** The graph with what each stage does at present. */
export function JobGraph({ graph, stages }) {
  const box = useRef(null);
  const [isNarrow, setIsNarrow] = useState(window.innerWidth < NARROW);
  useEffect(() => {
    const resized = new ResizeObserver(() => setIsNarrow(box.current.clientWidth < NARROW));
    resized.observe(box.current);
    return () => resized.disconnect();
  }, []);
  const { width, height, nodes, edges } = placed(graph, isNarrow ? "TB" : "LR");
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  return html`<div class="graph" ref=${box}>
    <svg viewBox=${`0 0 ${width} ${height}`} width=${width} height=${height} role="group" aria-label="The stages of the job and the topics between them">
      <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" /></marker></defs>
      ${edges.map((edge) => html`<path key=${edge.from + edge.to + edge.topic} class=${"edge " + edge.kind} d=${edge.path} marker-end="url(#arrow)"><title>${edge.topic}</title></path>`)}
      ${nodes.map((node) =>
        node.kind === "stage" && byName.has(node.name)
          ? html`<${Stage} key=${node.id} node=${node} stage=${byName.get(node.name)} />`
          : html`<${Topic} key=${node.id} node=${node} />`,
      )}
    </svg>
  </div>`;
}

function Topic({ node }) {
  const inside = html`<title>${node.name}</title>
    <rect width=${node.width} height=${node.height} rx=${node.kind === "topic" ? node.height / 2 : 6} />
    <text x=${node.width / 2} y="20" class="kind">${node.kind}</text>
    <text x=${node.width / 2} y="36" class="name">${fitting(node.name, 22)}</text>`;
  const place = `translate(${node.x} ${node.y})`;
  return node.kind === "topic"
    ? html`<a href=${addressOf("records", { topic: node.name })} class="node topic" transform=${place} aria-label=${"Records of topic " + node.name}>${inside}</a>`
    : html`<g class="node sink" transform=${place}>${inside}</g>`;
}

function Stage({ node, stage }) {
  const { width, height } = node;
  const restored = stage.mostRestore > 0 ? 1 - stage.restoreRemaining / stage.mostRestore : 1;
  const restores = stage.restoreRemaining > 0;
  const rows = [
    ["in", rate(stage.inRate)],
    ["lag", short(stage.lag)],
    ["event time", stage.ended ? "ended" : stage.watermarkAgeMs === null ? UNKNOWN : duration(-stage.watermarkAgeMs)],
  ];
  const label =
    `Stage ${stage.name}, ${stage.word}: ${rate(stage.inRate)} in, lag ${exact(stage.lag)}, busy ${percent(stage.busyShare)}, ` +
    `event time ${duration(stage.watermarkAgeMs)} behind, ${stage.runningTasks} of ${stage.tasks} tasks run` +
    (restores ? `, ${exact(stage.restoreRemaining)} rows to restore` : "");
  const bar = width - 24;
  return html`<a href=${addressOf("partitions", { stage: stage.name })} class=${"node stage " + stage.level} transform=${`translate(${node.x} ${node.y})`} aria-label=${label}>
    <title>${stage.why}</title>
    <rect width=${width} height=${height} rx="8" class="card" />
    <rect width="4" height=${height - 16} x="0" y="8" rx="2" class="edge-mark" />
    <text x="14" y="22" class="name">${fitting(stage.name, stage.word.length > 9 ? 15 : 19)}</text>
    <text x=${width - 12} y="22" class="state">${LEVELS[stage.level].sign} ${stage.word}</text>
    ${rows.map(([name, value], i) => html`<g key=${i} transform=${`translate(0 ${44 + i * 18})`}>
      <text x="14" class="label">${name}</text><text x=${width - 12} class="figure">${value}</text>
    </g>`)}
    ${restores
      ? html`<g transform="translate(12 98)">
          <rect width=${bar} height="5" rx="2.5" class="track" /><rect width=${bar * restored} height="5" rx="2.5" class="restore" />
          <text y="22" x="2" class="label">restore</text><text x=${bar} y="22" class="figure">${short(stage.restoreRemaining)} rows left</text>
        </g>`
      : html`<g transform="translate(12 98)">
          <rect width=${bar} height="5" rx="2.5" class="track" />
          <rect width=${bar * (stage.busyShare ?? 0)} height="5" class="busy" />
          <rect width=${bar * (stage.commitShare ?? 0)} x=${bar * (stage.busyShare ?? 0)} height="5" class="commit" />
          <text y="22" x="2" class="label">busy · ${stage.runningTasks}/${stage.tasks} tasks</text>
          <text x=${bar} y="22" class="figure">${percent(stage.busyShare === null ? null : stage.busyShare + stage.commitShare)}</text>
        </g>`}
  </a>`;
}
