// The views, in the order of the keys 1 to 9, and their addresses: #/records?topic=words.

export const VIEWS = [
  { id: "graph", title: "Graph" },
  { id: "partitions", title: "Partitions" },
  { id: "time", title: "Time" },
  { id: "state", title: "State" },
  { id: "records", title: "Records" },
  { id: "letters", title: "Dead letters" },
  { id: "exceptions", title: "Exceptions" },
  { id: "config", title: "Settings" },
  { id: "threads", title: "Threads" },
];

/** The view and the parameters of an address; the first view for one that is not known. */
export function parseRoute(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const known = VIEWS.some((view) => view.id === path);
  return {
    view: known ? path : VIEWS[0].id,
    parameters: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** The address of a view with those parameters that have a value. */
export function addressOf(view, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return "#/" + view + (query === "" ? "" : "?" + query);
}
