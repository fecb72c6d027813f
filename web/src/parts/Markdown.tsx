// A README, rendered and made harmless. Images of other servers are replaced
// by links: the console asks no third party for anything.
import DOMPurify from 'dompurify';
import { marked } from 'marked';
import { useMemo } from 'react';

export function render(text: string, rawUrl: (path: string) => string, fileUrl: (path: string) => string): string {
  const html = marked.parse(text, { async: false, gfm: true });
  const clean = DOMPurify.sanitize(boxes(html), {
    FORBID_TAGS: ['style', 'form', 'input', 'button', 'svg', 'math', 'iframe', 'video', 'audio'],
    FORBID_ATTR: ['style', 'class', 'id', 'name', 'srcset'],
    RETURN_DOM: true,
  }) as HTMLElement;
  for (const image of clean.querySelectorAll('img')) {
    const source = image.getAttribute('src') ?? '';
    if (relative(source)) image.setAttribute('src', rawUrl(source));
    else if (!source.startsWith('data:')) {
      const link = image.ownerDocument.createElement('a');
      link.href = source;
      link.textContent = image.alt || source;
      link.rel = 'noreferrer noopener';
      image.replaceWith(link);
    }
  }
  for (const link of clean.querySelectorAll('a[href]')) {
    const target = link.getAttribute('href') ?? '';
    if (relative(target)) link.setAttribute('href', fileUrl(target));
    else link.setAttribute('rel', 'noreferrer noopener');
  }
  for (const wide of clean.querySelectorAll('pre, table')) wide.setAttribute('tabindex', '0'); // they scroll
  for (const item of clean.querySelectorAll('li')) {
    if (/^\s*[☐☑] /.test(item.textContent ?? '')) item.className = 'task';
  }
  // A README's own headings stand below the page's.
  for (const heading of clean.querySelectorAll('h1')) {
    const lower = heading.ownerDocument.createElement('h2');
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
  }
  return clean.innerHTML;
}

// boxes writes the boxes of a task list as characters, since inputs are forbidden.
const boxes = (html: string) =>
  html.replace(/<input (checked="" )?disabled="" type="checkbox">/g, (_, checked) => (checked ? '☑' : '☐'));

const relative = (target: string) => !/^([a-z][a-z0-9+.-]*:|\/\/|#|\/)/i.test(target);

export default function Markdown(props: {
  text: string;
  rawUrl: (path: string) => string;
  fileUrl: (path: string) => string;
}) {
  const html = useMemo(
    () => render(props.text, props.rawUrl, props.fileUrl),
    [props.text, props.rawUrl, props.fileUrl],
  );
  // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised above
  return <div className="prose" dangerouslySetInnerHTML={{ __html: html }} />;
}
