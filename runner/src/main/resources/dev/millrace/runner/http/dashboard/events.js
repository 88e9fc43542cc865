// Server-sent events, read from a stream. The browser's own EventSource cannot send the token.

/** The parts of a stream put together to events, as the HTML standard has it ("Interpreting an event stream"). */
export class EventParser {
  #rest = "";
  #type = "";
  #data = [];

  /** Takes the next part of the stream; returns the events that it completes, as {type, data}. */
  take(text) {
    const events = [];
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    // A line may go on in the next part, and a CR at the end may be half of a line's end.
    this.#rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (this.#data.length > 0) {
          events.push({ type: this.#type || "message", data: this.#data.join("\n") });
        }
        this.#type = "";
        this.#data = [];
      } else {
        this.#field(line);
      }
    }
    return events;
  }

  #field(line) {
    const colon = line.indexOf(":");
    if (colon === 0) return; // A comment, which keeps the connection alive.
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#type = value;
    if (name === "data") this.#data.push(value);
  }
}
