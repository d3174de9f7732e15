/** The label, with the value `sdk`, by which a trace knows the resource that exports it. */
export const SDK_LABEL = 'keelson.telemetry'
