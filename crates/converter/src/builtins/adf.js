// Text and Markdown of the Atlassian Document Format, which version 3 of Jira's API has in place of text.
// https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
(function () {
  'use strict';

  const document = (adf, name) => {
    if (adf === null || adf === undefined) return null;
    // Version 2 of the API, and single-line fields, have text already.
    if (typeof adf === 'string') {
      if (!/^\s*\{\s*"(type|version|content)"/.test(adf)) return adf;
      try { adf = JSON.parse(adf); } catch { return adf; }
    }
    if (typeof adf !== 'object' || Array.isArray(adf) || typeof adf.type !== 'string') {
      throw new TypeError(`${name} needs a document, ${Array.isArray(adf) ? 'an array' : `a ${typeof adf}`} is none`);
    }
    return adf;
  };
  const children = node => (Array.isArray(node.content) ? node.content : []);
  const date = node => {
    const time = new Date(Number(node.attrs?.timestamp));
    return Number.isNaN(time.getTime()) ? '' : time.toISOString().slice(0, 10);
  };
  const mention = node => node.attrs?.text ?? `@${node.attrs?.id ?? ''}`;
  const emoji = node => node.attrs?.text ?? node.attrs?.shortName ?? '';
  const link = node => node.attrs?.url ?? node.attrs?.data?.url ?? '';
  const isInline = node =>
    ['text', 'hardBreak', 'mention', 'emoji', 'date', 'status', 'inlineCard', 'mediaInline', 'inlineExtension', 'placeholder'].includes(node.type);
  const isRow = node => node.type === 'tableRow';
  const indent = (text, first, rest) => text.split('\n').map((line, at) => (at === 0 ? first : line && rest) + line).join('\n');
  const bullets = (node, render, gap) => children(node).map((item, at) => {
    const mark = node.type === 'orderedList' ? `${(node.attrs?.order ?? 1) + at}. `
      : item.type === 'taskItem' ? `- [${item.attrs?.state === 'DONE' ? 'x' : ' '}] ` : '- ';
    if (/List$/.test(item.type)) return indent(render(item), '  ', '  ');
    const blocks = children(item).every(isInline) ? [item] : children(item);
    return indent(blocks.map(render).filter(Boolean).join(gap), mark, ' '.repeat(mark.length));
  }).join('\n');

  const text = node => {
    switch (node.type) {
      case 'text': return node.text ?? '';
      case 'hardBreak': return '\n';
      case 'mention': return mention(node);
      case 'emoji': return emoji(node);
      case 'date': return date(node);
      case 'status': return node.attrs?.text ?? '';
      case 'inlineCard': case 'blockCard': case 'embedCard': return link(node);
      case 'media': case 'mediaInline': return node.attrs?.alt ?? '';
      case 'rule': return '---';
      case 'bulletList': case 'orderedList': case 'taskList': case 'decisionList': return bullets(node, text, '\n');
      case 'tableRow': return children(node).map(cell => text(cell).replace(/\n+/g, ' ')).join('\t');
      case 'table': return children(node).map(text).join('\n');
      case 'expand': case 'nestedExpand':
        return [node.attrs?.title ?? '', ...children(node).map(text)].filter(Boolean).join('\n');
      default: {
        const parts = children(node);
        const blocks = parts.length > 0 && !parts.every(isInline);
        return blocks ? parts.map(text).filter(Boolean).join('\n') : parts.map(text).join('');
      }
    }
  };

  const escape = value => value.replace(/[\\`*_{}[\]<>~|]/g, '\\$&').replace(/^(\s*)([#+-]|\d+[.)])(?=\s|$)/gm, '$1\\$2');
  const around = (value, mark) => {
    // Markdown has no emphasis that begins or ends with a blank.
    const [, before, inner, after] = /^(\s*)([^]*?)(\s*)$/.exec(value);
    return inner ? before + mark + inner + mark + after : value;
  };
  // An address ends at a blank, and at a bracket that is one too many.
  const address = href => {
    const percent = c => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
    const text = String(href ?? '').replace(/[\s<>]/g, c => (c < '\x7f' ? percent(c) : encodeURIComponent(c)));
    let depth = 0;
    const closes = [...text].every(c => (depth += c === '(' ? 1 : c === ')' ? -1 : 0) >= 0);
    return closes && depth === 0 ? text : text.replace(/[()]/g, percent);
  };
  const marked = node => {
    const marks = Array.isArray(node.marks) ? node.marks : [];
    const raw = node.text ?? '';
    if (marks.some(mark => mark.type === 'code')) {
      const fence = '`'.repeat(Math.max(0, ...(raw.match(/`+/g) ?? []).map(run => run.length)) + 1);
      const code = fence.length > 1 ? `${fence} ${raw} ${fence}` : fence + raw + fence;
      const href = marks.find(mark => mark.type === 'link')?.attrs?.href;
      return href ? `[${code}](${address(href)})` : code;
    }
    return marks.reduce((value, mark) => {
      switch (mark.type) {
        case 'strong': return around(value, '**');
        case 'em': return around(value, '*');
        case 'strike': return around(value, '~~');
        case 'link': return `[${value}](${address(mark.attrs?.href)})`;
        case 'subsup': return mark.attrs?.type === 'sub' ? `<sub>${value}</sub>` : `<sup>${value}</sup>`;
        case 'underline': return `<u>${value}</u>`;
        default: return value;
      }
    }, escape(raw));
  };
  const table = node => {
    const rows = children(node).filter(isRow).map(row => children(row).map(cell => markdown(cell).replace(/\n+/g, '<br>')));
    const width = Math.max(0, ...rows.map(row => row.length));
    const hasHead = children(children(node)[0] ?? {}).some(cell => cell.type === 'tableHeader');
    const lines = (hasHead ? rows : [Array(width).fill(''), ...rows])
      .map(row => `| ${Array.from({ length: width }, (_, at) => row[at] ?? '').join(' | ')} |`);
    lines.splice(1, 0, `|${' --- |'.repeat(width)}`);
    return width ? lines.join('\n') : '';
  };
  const blocks = node => children(node).map(markdown).filter(Boolean).join('\n\n');
  const quote = value => value.split('\n').map(line => (line ? `> ${line}` : '>')).join('\n');

  const markdown = node => {
    switch (node.type) {
      case 'text': return marked(node);
      case 'hardBreak': return '  \n';
      case 'mention': return escape(mention(node));
      case 'emoji': return emoji(node);
      case 'date': return date(node);
      case 'status': return `**${escape(node.attrs?.text ?? '')}**`;
      case 'inlineCard': case 'blockCard': case 'embedCard': return link(node) && `<${address(link(node))}>`;
      case 'media': case 'mediaInline': return `![${escape(node.attrs?.alt ?? '')}](${address(node.attrs?.url ?? node.attrs?.id)})`;
      case 'rule': return '---';
      case 'heading': return `${'#'.repeat(node.attrs?.level ?? 1)} ${children(node).map(markdown).join('')}`;
      case 'codeBlock': {
        const code = children(node).map(child => child.text ?? '').join('');
        const fence = '`'.repeat(Math.max(2, ...(code.match(/`+/g) ?? []).map(run => run.length)) + 1);
        return `${fence}${node.attrs?.language ?? ''}\n${code}\n${fence}`;
      }
      case 'blockquote': case 'panel': return quote(blocks(node));
      case 'bulletList': case 'orderedList': case 'taskList': case 'decisionList': return bullets(node, markdown, '\n\n');
      case 'table': return table(node);
      case 'expand': case 'nestedExpand':
        return [node.attrs?.title && `**${escape(node.attrs.title)}**`, blocks(node)].filter(Boolean).join('\n\n');
      default:
        return children(node).every(isInline) ? children(node).map(markdown).join('') : blocks(node);
    }
  };

  const adfToText = adf => {
    const read = document(adf, 'adfToText');
    return read === null || typeof read === 'string' ? read : text(read);
  };
  const adfToMarkdown = adf => {
    const read = document(adf, 'adfToMarkdown');
    return read === null || typeof read === 'string' ? read : markdown(read);
  };
  return { adfToText, adfToMarkdown };
})
