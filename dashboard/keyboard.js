// Keys: / searches, g and a letter goes to a page, j and k walk through a table, Enter opens its row, ? shows them all.
import { html, useEffect } from './preact.js';
import { go } from './route.js';
import { Dialog } from './ui.js';
import { t } from './words.js';

const GO = { d: 'day', p: 'portfolio', c: 'customers', r: 'renewals', s: 'signals', b: 'playbooks', o: 'operations' };

function walk(step) {
    const lines = [...document.querySelectorAll('main tbody tr[data-href]')];
    if (!lines.length) return;
    const now = lines.findIndex(line => line.classList.contains('current'));
    lines[now]?.classList.remove('current');
    const next = lines[Math.max(0, Math.min(lines.length - 1, now + step))];
    next.classList.add('current');
    next.scrollIntoView({ block: 'nearest' });
}

export function useKeyboard(showHelp) {
    useEffect(() => {
        let waiting = false;
        const press = event => {
            if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select, dialog')) return;
            const key = event.key;
            if (waiting && GO[key]) go(GO[key]);
            else if (key === '/') {
                event.preventDefault();
                document.getElementById('search')?.focus();
            } else if (key === '?') showHelp();
            else if (key === 'j') walk(1);
            else if (key === 'k') walk(-1);
            else if (key === 'Enter' && event.target === document.body) {
                const line = document.querySelector('main tr.current');
                if (line) location.hash = line.dataset.href;
            }
            waiting = key === 'g';
        };
        addEventListener('keydown', press);
        return () => removeEventListener('keydown', press);
    }, []);
}

export const KeyboardHelp = ({ onClose }) => html`<${Dialog} title=${t('keys')} onClose=${onClose}>
    <dl class="keys">
        <dt><kbd>/</kbd></dt><dd>${t('search')}</dd>
        ${Object.entries(GO).map(([key, page]) => html`<dt key=${key}><kbd>g</kbd> <kbd>${key}</kbd></dt><dd>${t(`page.${page}`)}</dd>`)}
        <dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>${t('keys.walk')}</dd>
        <dt><kbd>↵</kbd></dt><dd>${t('keys.open')}</dd>
        <dt><kbd>?</kbd></dt><dd>${t('keys')}</dd>
    </dl>
<//>`;
