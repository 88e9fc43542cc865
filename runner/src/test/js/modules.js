// The modules of the dashboard, from where they lie.

const DASHBOARD = new URL("../../main/resources/dev/millrace/runner/http/dashboard/", import.meta.url);

export const load = (file) => import(new URL(file, DASHBOARD));
