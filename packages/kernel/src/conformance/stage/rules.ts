/** What is asked of a resource for a real server, and why; the numbers are those of docs/rules.md. */
export const RULES = {
  B1: 'a start means connected and answering, and waits for a server that comes up late, or a deploy fails for the order of two starts',
  B2: "a start that cannot succeed ends within timeouts.start with the driver's own reason and leaves nothing, or nobody learns what to mend",
  B3: 'a start honours its signal, or a shutdown waits for a server that is not there',
  B4: "health is pushed from the driver's events, or requests are sent for three checks to what cannot answer them",
  B5: 'a check is one round trip that ends within timeouts.check and never waits for a free slot: full is not down',
  B6: 'it comes back when the server does, or somebody has to restart the process by hand',
  B7: 'a shutdown finishes what was accepted, or work is lost with every deploy',
  B8: 'a stop is bounded whatever the server does, and a kill destroys the sockets, or the platform kills the process instead',
  B9: 'what a start makes its stop takes away, or a service that heals itself dies of it',
  B10: 'no error, signal handler or exit of a resource concerns the process, which belongs to the application',
  B11: 'credentials are in nothing that is said, for logs are read by many',
  B12: 'a definition does nothing by itself, and any number of kernels may run it, one after the other or side by side',
} as const

export type Rule = keyof typeof RULES
