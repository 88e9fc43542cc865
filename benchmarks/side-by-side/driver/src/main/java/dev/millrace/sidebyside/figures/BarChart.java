package dev.millrace.sidebyside.figures;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Medians as an SVG of horizontal bars, with a line from the least to the greatest run.
 *
 * <p>With several metrics an engine has a bar for each, one below the other.
 */
public final class BarChart {

  private static final int LABEL_WIDTH = 210;
  private static final int BAR_WIDTH = 480;
  private static final int BAR_HEIGHT = 18;
  private static final int GAP = 12;
  private static final int TOP = 44;
  private static final List<String> COLOURS = List.of("#3b6ea5", "#c0803a", "#8a8a8a");

  private BarChart() {}

  /**
   * {@return the picture}
   *
   * @param metrics what to show, all of one unit
   */
  public static String svg(String title, List<Summary> engines, List<Metric> metrics) {
    double greatest =
        engines.stream()
            .flatMap(engine -> metrics.stream().map(engine::values))
            .mapToDouble(values -> values.length == 0 ? 0 : values[values.length - 1])
            .max()
            .orElse(0);
    double scale = greatest > 0 ? BAR_WIDTH / greatest : 0;
    int rowHeight = metrics.size() * BAR_HEIGHT + GAP;
    int height = TOP + engines.size() * rowHeight;
    List<String> parts = new ArrayList<>();
    parts.add(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                + " font-size=\"12\">",
            LABEL_WIDTH + BAR_WIDTH + 110,
            height));
    parts.add("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
    parts.add(text(10, 20, "start", title));
    for (int row = 0; row < engines.size(); row++) {
      int y = TOP + row * rowHeight;
      parts.add(text(LABEL_WIDTH - 8, y + BAR_HEIGHT - 5, "end", engines.get(row).engine()));
      for (int i = 0; i < metrics.size(); i++) {
        bar(parts, engines.get(row), metrics.get(i), scale, y + i * BAR_HEIGHT, COLOURS.get(i));
      }
    }
    parts.add("</svg>");
    return String.join("\n", parts) + "\n";
  }

  private static void bar(
      List<String> parts, Summary engine, Metric metric, double scale, int y, String colour) {
    if (engine.median(metric).isEmpty()) {
      parts.add(text(LABEL_WIDTH + 6, y + BAR_HEIGHT - 5, "start", "failed"));
      return;
    }
    double median = engine.median(metric).getAsDouble();
    double[] values = engine.values(metric);
    double middle = y + BAR_HEIGHT / 2.0 - 1;
    parts.add(
        String.format(
            Locale.ROOT,
            "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
            LABEL_WIDTH,
            y,
            median * scale,
            BAR_HEIGHT - 2,
            colour));
    parts.add(
        String.format(
            Locale.ROOT,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"black\"/>",
            LABEL_WIDTH + values[0] * scale,
            middle,
            LABEL_WIDTH + values[values.length - 1] * scale,
            middle));
    parts.add(
        text(
            (int) (LABEL_WIDTH + values[values.length - 1] * scale) + 6,
            y + BAR_HEIGHT - 5,
            "start",
            String.format(Locale.ROOT, "%,." + metric.digits() + "f %s", median, metric.title())));
  }

  private static String text(int x, int y, String anchor, String words) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>",
        x,
        y,
        anchor,
        words.replace("&", "&amp;").replace("<", "&lt;"));
  }
}
