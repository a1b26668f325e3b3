/** What is wrong with a page as it stands on the screen: its layout, and its language. Each function gives lines; none is wanted. */

/** Runs in the page: texts that are cut, lie over one another or outside, and what is too small to be pressed. */
function faultsOfLayout() {
  const faults = []
  const root = document.documentElement
  if (root.scrollWidth > root.clientWidth) faults.push(`scrolls sideways by ${root.scrollWidth - root.clientWidth} px`)
  const open = document.querySelector('dialog[open]') ?? document.querySelector('.dropdown-menu.show') ?? document.body
  const name = (el) => `${el.tagName.toLowerCase()}${el.id ? '#' + el.id : ''}${[...el.classList].filter((c) => !c.startsWith('svelte')).slice(0, 2).map((c) => '.' + c).join('')}`
  const texts = []
  const walker = document.createTreeWalker(open, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const node = walker.currentNode
    const el = node.parentElement
    const said = node.textContent.trim()
    if (!said || !el.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || el.closest('.visually-hidden, option, title, style, script')) continue
    const range = document.createRange()
    range.selectNodeContents(node)
    let bars = false
    let clip = { left: 0, right: innerWidth, top: -1e6, bottom: 1e6 }
    let cut = null
    let scrolls = false
    for (let a = el; a && a !== document.documentElement; a = a.parentElement) {
      const css = getComputedStyle(a)
      if (css.position === 'fixed' || css.position === 'sticky') bars = true
      if (css.clipPath !== 'none' || (css.position === 'absolute' && a.clientWidth <= 1)) scrolls = bars = true
      if (/auto|scroll/.test(css.overflowX + css.overflowY)) scrolls = true
      if (/hidden|clip/.test(css.overflowX) && !scrolls && a !== document.body) {
        const box = a.getBoundingClientRect()
        if (css.textOverflow === 'ellipsis') {
          if (a.scrollWidth > a.clientWidth + 1 && !a.closest('[title]') && !el.closest('[title]') && !a.closest('[aria-hidden]') && !a.matches('button, input')) cut ??= `cut without its whole in a title: “${said.slice(0, 40)}” in ${name(a)}`
          scrolls = true
        } else clip = { ...clip, left: Math.max(clip.left, box.left), right: Math.min(clip.right, box.right) }
      }
    }
    for (const r of range.getClientRects()) {
      if (r.width < 1 || r.height < 1) continue
      if (!scrolls && (r.right > clip.right + 1.5 || r.left < clip.left - 1.5)) cut ??= `runs out: “${said.slice(0, 40)}” in ${name(el)}`
      if (!bars && !scrolls) texts.push({ el, said, l: r.left, r: r.right, t: r.top + r.height * 0.2, b: r.bottom - r.height * 0.2 })
    }
    if (cut) faults.push(cut)
  }
  texts.sort((a, b) => a.t - b.t)
  for (let i = 0; i < texts.length; i++) {
    for (let k = i + 1; k < texts.length && texts[k].t < texts[i].b; k++) {
      const [a, b] = [texts[i], texts[k]]
      if (a.el === b.el || a.l > b.r - 2 || b.l > a.r - 2) continue
      faults.push(`“${a.said.slice(0, 30)}” lies over “${b.said.slice(0, 30)}” (${name(a.el)}, ${name(b.el)})`)
    }
  }
  for (const el of open.querySelectorAll('button, select, input:not([type=checkbox]):not([type=radio]), summary')) {
    if (!el.checkVisibility({ visibilityProperty: true }) || el.closest('.visually-hidden') || el.classList.contains('visually-hidden')) continue
    const r = el.getBoundingClientRect()
    if (r.width && (r.height < 23.5 || r.width < 23.5)) faults.push(`too small to be pressed: ${name(el)} ${Math.round(r.width)} × ${Math.round(r.height)}`)
  }
  return [...new Set(faults)].slice(0, 8)
}
export const layout = (page) => page.evaluate(faultsOfLayout)

/** Runs in the page: every text that a person sees or hears, but what is marked as being in another language. */
function everyText() {
  const language = document.documentElement.lang
  const foreign = (el) => {
    const marked = el.closest('[lang]')
    return marked && marked.lang !== language
  }
  const seen = new Set([document.title])
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const el = walker.currentNode.parentElement
    const text = walker.currentNode.textContent.replace(/\s+/g, ' ').trim()
    if (!text || foreign(el) || el.closest('script, style, code, datalist')) continue
    if (el.tagName === 'OPTION' ? el.closest('select').checkVisibility() : el.checkVisibility()) seen.add(text)
  }
  for (const el of document.querySelectorAll('[aria-label], [title], [placeholder], [alt], [data-label]')) {
    if (foreign(el) || !el.checkVisibility()) continue
    for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'data-label']) if (el.getAttribute(name)) seen.add(el.getAttribute(name).replace(/\s+/g, ' ').trim())
  }
  return [...seen]
}

/** Keeps the data that the page gets: what came as data may stand in any language. Sentences and words of the server may not. */
export function listen(page) {
  page.data = new Set()
  const words = new Set(['message', 'reason', 'note', 'off_reason', 'last_error', 'code', 'kind', 'state', 'action', 'mode', 'role', 'type', 'detail', 'cause', 'why', 'by', 'field', 'figure', 'object_kind'])
  const take = (value, key) => {
    if (Array.isArray(value)) value.forEach((x) => take(x, key))
    else if (value && typeof value === 'object') for (const [k, x] of Object.entries(value)) (/[A-Z ]/.test(k) || k.length > 24 ? page.data.add(k) : 0, take(x, k))
    else if (typeof value === 'string' && !words.has(key) && /[A-Za-zА-Яа-я]/.test(value)) page.data.add(value.replace(/\s+/g, ' ').trim())
  }
  page.on('response', async (r) => {
    if (/json/.test(r.headers()['content-type'] ?? '')) take(await r.json().catch(() => null), '')
  })
}

// Names, units, time zones and what the tests themselves type.
const names = /zzzzzz|no-such-one|next month of all the shops together|Vitrina|Telegram|Caps Lock|Chromium|Chrome|Linux|SQLite|SQL|Excel|CSV|TSV|NDJSON|JSON|ODS|OpenDocument|Parquet|STARTTLS|TLS|Webhook|ROC|AUC|F1|R²|MSE|MAE|\bAM\b|UTC|[kMG]B|\.?(xlsx|xls|ods|zip|csv|pdf)\b|\S+@\S+|\b(PLN|EUR|USD|GBP|MKD|RUB)\b|\b[\w-]+(\.[\w-]+)*\.(example|com)\b|\b[\w+-]+\/[\w+/-]+\b|\bv\d+\b/gi
const english = /(?<!\p{L})(the|of|is|are|and|not|was|were|has|have|had|be|been|cannot|this|that|these|with|without|for|from|there|which|what|where|when|should|must|already|please|failed|wrong|missing|unknown|loading|error|customers?|purchases?|products?|column|rows?)(?!\p{L})/iu
const cyrillic = /[Ѐ-ӿ]/

/** Texts of another language than the page's, which are no data. */
export async function mixed(page, language) {
  const data = [...page.data].filter((d) => d.length > 1).sort((a, b) => b.length - a.length)
  const found = []
  for (const whole of await page.evaluate(everyText)) {
    let text = whole
    const odd = () => (language === 'ru' || language === 'mk' ? /[A-Za-z]{2,}/.test(text.replace(names, '')) : language === 'pl' ? english.test(text.replace(names, '')) || cyrillic.test(text) : cyrillic.test(text))
    if (!odd()) continue
    for (const d of data) if (text.includes(d)) text = text.replaceAll(d, ' ')
    if (odd() && !/^[A-Z]{1,2}$/.test(text)) found.push(whole.slice(0, 120))
  }
  return found
}

/** Another language and theme, as if they were chosen in another window of the same person. */
export async function become(page, language, theme) {
  await page.evaluate(([l, th]) => {
    for (const [key, value] of [['language', l], ['theme', th]]) {
      localStorage.setItem(key, value)
      dispatchEvent(new StorageEvent('storage', { key, newValue: value }))
    }
  }, [language, theme])
  await page.waitForFunction((l) => document.documentElement.lang === l, language)
}
