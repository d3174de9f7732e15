/** Linux' and macOS' id of "nobody". */
const NOBODY = process.platform === 'darwin' ? 4_294_967_294 : 65_534

/** For `spawn()` of what refuses to run as root: another user where this process is root, and nothing otherwise. */
export function unprivileged(): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
}
