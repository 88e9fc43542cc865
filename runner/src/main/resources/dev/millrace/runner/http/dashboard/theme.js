// Runs before anything is painted, so that a chosen theme does not flash the other one. Not a module, which would wait.
{
  const KEY = "millrace-theme";
  const CHOICES = ["auto", "light", "dark"];

  const chosen = () => {
    try {
      const stored = localStorage.getItem(KEY);
      return CHOICES.includes(stored) ? stored : "auto";
    } catch {
      return "auto"; // Storage may be forbidden.
    }
  };

  const show = (choice) => {
    document.documentElement.dataset.theme = choice;
  };

  /** For app.js: the present choice, and the step to the next one, which says the new one. */
  window.millraceTheme = {
    get: chosen,
    next: () => {
      const choice = CHOICES[(CHOICES.indexOf(document.documentElement.dataset.theme) + 1) % CHOICES.length];
      show(choice);
      try {
        localStorage.setItem(KEY, choice);
      } catch {
        // Then it holds until the page is left.
      }
      return choice;
    },
  };
  show(chosen());
}
