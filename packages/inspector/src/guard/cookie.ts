/**
 * The name of the cookie: browsers send cookies to every port of a host, so that it has the port that was asked, and two inspectors on one machine
 * do not log each other out.
 */
export function cookieName(host: string | undefined): string {
  const [, port = ''] = /:(\d{1,5})$/.exec(host ?? '') ?? []
  return `keelson_inspector${port === '' ? '' : `_${port}`}`
}

/** What a request says for this name, of which there may be several for several paths. */
export function cookiesNamed(name: string, header: string | undefined): string[] {
  return (header ?? '')
    .slice(0, LONGEST)
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .slice(0, MOST)
    .map((pair) => pair.slice(name.length + 1))
}

/** For the path of the page alone, by the default of RFC 6265 §5.1.4: only the browser knows what that is. */
export function setCookie(name: string, value: string, seconds: number, secure: boolean): string {
  return `${name}=${value}; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
}

const LONGEST = 16_384
const MOST = 8
