/**
 * The settings inside the public specifications of sources, sinks and watermarks, and the access to
 * them: users see the methods that change a specification, the engine sees the settings made with
 * them.
 */
@NullMarked
package dev.millrace.internal.spec;

import org.jspecify.annotations.NullMarked;
