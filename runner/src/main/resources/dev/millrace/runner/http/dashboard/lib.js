// The libraries in vendor/, in one place: the rest of the page does not know where they come from.

export {
  html,
  render,
  createContext,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useErrorBoundary,
} from "./vendor/standalone.module.js";
export { Graph, layout as layOut } from "./vendor/dagre.esm.js";

/** uPlot's small file is a script, which index.html loads before. */
export const Plot = window.uPlot;
