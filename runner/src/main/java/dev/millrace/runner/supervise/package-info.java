/**
 * The supervision of an instance: a small parent process that starts it again when it dies.
 *
 * <pre>
 *   parent   {@link dev.millrace.runner.supervise.Supervisor}     starts, waits, evicts, starts again
 *      |  stdin: {@link dev.millrace.runner.supervise.Past} in one line, then open for as long as the parent lives
 *      v  stderr: the child's log, and in it its {@link dev.millrace.runner.supervise.ChildReport}s
 *   child    {@link dev.millrace.runner.supervise.ParentLink}     reports, and stops when the parent is gone
 * </pre>
 *
 * <p>The pipe between the two is the whole channel: no port, no file, so that there is nothing to
 * clean up, whichever of them is killed. The parent opens no connection to Kafka but to evict.
 *
 * <p>{@link dev.millrace.runner.supervise.Supervision} and {@link
 * dev.millrace.runner.supervise.Past} are what others may show of it.
 */
@NullMarked
package dev.millrace.runner.supervise;

import org.jspecify.annotations.NullMarked;
