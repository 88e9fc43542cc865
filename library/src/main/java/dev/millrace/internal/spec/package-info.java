/**
 * The settings inside the public specifications of sources, sinks and watermarks, and the way to
 * them: users see the methods that change a specification, the engine what they have set.
 */
@NullMarked
package dev.millrace.internal.spec;

import org.jspecify.annotations.NullMarked;
