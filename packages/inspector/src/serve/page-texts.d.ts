/** The page, as scripts/page.mjs builds it of src/page. */
declare module 'virtual:inspector-page' {
  export const html: string
  export const js: string
  export const css: string
}
