// What no view of the dashboard may have, whatever it shows.

/** The faults of the view that a page shows, as sentences. */
export function faults(page) {
  return page.evaluate(() => {
    const problems = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) problems.push(`it scrolls sideways (${root.scrollWidth} > ${root.clientWidth})`);
    for (const element of document.querySelectorAll("a, button, input, select, summary")) {
      const name = element.getAttribute("aria-label") || element.closest("label")?.textContent || element.textContent || element.title;
      if (!name?.trim()) problems.push(`a ${element.tagName} has no name: ${element.outerHTML.slice(0, 90)}`);
    }
    for (const image of document.querySelectorAll("[role=img]")) {
      if (!image.getAttribute("aria-label")) problems.push("a picture has no name");
    }
    if (document.querySelector(".failure")) problems.push(`it shows a failure: ${document.querySelector(".failure").textContent}`);
    if (/\b(NaN|undefined|Infinity|\[object)\b/.test(document.body.innerText)) problems.push("it shows what is no value");
    // An answer that comes late must not end up below what was there before it.
    if (!document.querySelector("main > :last-child")?.matches(".same")) problems.push("the lines for a shell are not at its foot");
    if (document.querySelectorAll("h1").length !== 1) problems.push("it has not one title");
    return problems;
  });
}

/** Notes what goes wrong in a page by itself: errors of scripts, and what the browser has on its console. */
export function watch(page, isExpected, note) {
  page.on("pageerror", (error) => note(`error in the page: ${error.message}`));
  page.on("console", (message) => {
    const { url } = message.location();
    if (["error", "warning"].includes(message.type()) && !isExpected(url, message.text())) note(`on the console: ${message.text()} (${url})`);
  });
}
