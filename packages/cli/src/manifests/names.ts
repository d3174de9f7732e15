/** A name as Kubernetes, Compose and systemd take it alike: lower case letters, digits and dashes, at most 63. */
export function dnsName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63)
    .replace(/-+$/, '')
  return name === '' ? 'app' : name
}

/** A short list in words: `a, b, c and 4 more`. */
export function some(names: readonly string[], most = 4): string {
  const rest = names.length - most
  return rest > 0 ? `${names.slice(0, most).join(', ')} and ${rest} more` : names.join(', ')
}
