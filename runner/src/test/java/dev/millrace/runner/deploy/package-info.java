/** What stands in files beside the code: manifests, compose files, the image, and their pages. */
@NullMarked
package dev.millrace.runner.deploy;

import org.jspecify.annotations.NullMarked;
