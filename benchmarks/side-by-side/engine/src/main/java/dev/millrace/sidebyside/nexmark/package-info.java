/** The events of Nexmark, and what plans of queries over them are made of. */
@NullMarked
package dev.millrace.sidebyside.nexmark;

import org.jspecify.annotations.NullMarked;
