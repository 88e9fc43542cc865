// What keys do, wherever the focus is.

import { VIEWS } from "./routes.js";

/**
 * The action of a key, or null: {view}, "search", "help", "leave".
 *
 * Somebody who types into a field means the text; keys with modifiers are the browser's.
 */
export function actionOf({ key, ctrlKey, metaKey, altKey, isTyping }) {
  if (ctrlKey || metaKey || altKey) return null;
  if (key === "Escape") return "leave";
  if (isTyping) return null;
  if (key === "/") return "search";
  if (key === "?") return "help";
  const view = /^[1-9]$/.test(key) ? VIEWS[Number(key) - 1] : undefined;
  return view === undefined ? null : { view: view.id };
}

/** The row that has the focus next, in a table of so many rows; the same one if the key means nothing there. */
export function nextRow(key, row, rows) {
  const last = rows - 1;
  switch (key) {
    case "ArrowDown":
    case "j":
      return Math.min(row + 1, last);
    case "ArrowUp":
    case "k":
      return Math.max(row - 1, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    case "PageDown":
      return Math.min(row + 10, last);
    case "PageUp":
      return Math.max(row - 10, 0);
    default:
      return row;
  }
}
