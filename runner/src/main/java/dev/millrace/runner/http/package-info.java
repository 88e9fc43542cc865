/**
 * The admin server: the state of the job that this process runs, by HTTP, for browsers, {@code
 * curl}, Prometheus and probes. Knows a job only as a {@link dev.millrace.runner.host.HostedJob},
 * and no command.
 *
 * <p>A request goes through {@link dev.millrace.runner.http.RequestThreads} (who may have a
 * thread), {@link dev.millrace.runner.http.AdminHandler} (limits, {@link
 * dev.millrace.runner.http.Guard}, {@link dev.millrace.runner.http.Router}) to one of the pages,
 * which are listed in {@link dev.millrace.runner.http.Pages}. Every error is a {@link
 * dev.millrace.runner.http.Problem}. The paths and the fields of the answers are an interface to
 * users: {@code docs/openapi.yaml} describes them, and a test compares the two.
 */
@NullMarked
package dev.millrace.runner.http;

import org.jspecify.annotations.NullMarked;
