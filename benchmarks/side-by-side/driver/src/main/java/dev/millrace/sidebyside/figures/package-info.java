/** What is made of what was measured; nothing here touches Kafka, processes or clocks. */
@NullMarked
package dev.millrace.sidebyside.figures;

import org.jspecify.annotations.NullMarked;
