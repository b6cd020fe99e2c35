// A line over time with marks, drawn by uPlot; below it the same figures as a table for whoever cannot see the drawing.
import { html, useEffect, useRef } from './preact.js';
import uPlot from './vendor/uplot.js';
import { NONE, day, number } from './format.js';
import { getLanguage, t } from './words.js';

const seconds = value => Date.parse(`${value}T00:00:00Z`) / 1000;
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// series: [{ label, values: [[day, value], …], tone }]; marks: [{ day, label, tone }]; range: [low, high]; write: how a value
// is written, by default as a number
export function LineChart({ label, series, marks = [], range, height = 220, digits = 0, write = value => number(value, digits) }) {
    const box = useRef();
    const days = [...new Set(series.flatMap(s => s.values.map(v => v[0])))].sort();
    useEffect(() => {
        const figure = box.current;
        if (days.length < 2 || !figure) return undefined;
        const drawMarks = plot => {
            const { ctx } = plot;
            ctx.save();
            marks.forEach(mark => {
                const x = Math.round(plot.valToPos(seconds(mark.day), 'x', true));
                if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) return;
                ctx.strokeStyle = colour(mark.tone || 'muted');
                ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
                ctx.beginPath();
                ctx.moveTo(x, plot.bbox.top);
                ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
                ctx.stroke();
            });
            ctx.restore();
        };
        // While the pointer is elsewhere the legend has the latest values
        const latest = plot => plot.setLegend({ idx: days.length - 1 }, false);
        const long = seconds(days.at(-1)) - seconds(days[0]) > 300 * 86400;
        const axis = { stroke: colour('muted'), grid: { stroke: colour('line'), width: 1 }, ticks: { stroke: colour('line') },
            font: '12px system-ui' };
        const plot = new uPlot({
            width: figure.clientWidth, height,
            tzDate: value => uPlot.tzDate(new Date(value * 1000), 'UTC'),
            cursor: { drag: { x: false, y: false } },
            legend: { live: true },
            scales: range ? { y: { range } } : {},
            axes: [
                { ...axis, values: (_, ticks) => ticks.map(tick => new Intl.DateTimeFormat(getLanguage(),
                    long ? { month: 'short', year: '2-digit', timeZone: 'UTC' } : { day: 'numeric', month: 'short', timeZone: 'UTC' })
                    .format(new Date(tick * 1000))) },
                { ...axis, size: (_, labels) => 24 + 7 * Math.max(...(labels || ['']).map(label => label.length)),
                    values: (_, ticks) => ticks.map(tick => write(tick)) },
            ],
            series: [
                { label: t('day'), value: (_, x) => x === null ? '' : day(new Date(x * 1000).toISOString().slice(0, 10)) },
                ...series.map(s => ({ label: s.label, stroke: colour(s.tone || 'accent'), width: 2, spanGaps: true,
                    points: { show: days.length < 40, size: 5 }, value: (_, y) => y === null ? NONE : write(y) })),
            ],
            hooks: { draw: [drawMarks], ready: [latest], setLegend: [plot => plot.cursor.idx === null && latest(plot)] },
        }, [days.map(seconds), ...series.map(s => {
            const known = new Map(s.values.map(([at, value]) => [at, value === null ? null : Number(value)]));
            return days.map(at => known.get(at) ?? null);
        })], figure);
        const watch = new ResizeObserver(() => plot.setSize({ width: figure.clientWidth, height }));
        watch.observe(figure);
        return () => {
            watch.disconnect();
            plot.destroy();
        };
    }, [JSON.stringify([series, marks, range, getLanguage()])]);
    if (days.length === 0) return html`<p class="empty">${t('no_history')}</p>`;
    return html`<figure class="chart" aria-label=${label}>
        <div ref=${box} aria-hidden="true"></div>
        ${marks.length > 0 && html`<ul class="marks">${marks.map(mark => html`<li key=${mark.day + mark.label}>
            <span class=${`dot ${mark.tone || 'muted'}`} aria-hidden="true"></span>${day(mark.day)}: ${mark.label}</li>`)}</ul>`}
        <details><summary>${t('as_table')}</summary><div class="scroll" tabindex="0" role="region" aria-label=${label}><table>
            <thead><tr><th scope="col">${t('day')}</th>${series.map(s => html`<th scope="col" class="numeric">${s.label}</th>`)}</tr></thead>
            <tbody>${[...days].reverse().map(at => html`<tr key=${at}><td>${day(at)}</td>${series.map(s => html`<td class="numeric">
                ${write(s.values.find(v => v[0] === at)?.[1])}</td>`)}</tr>`)}</tbody>
        </table></div></details>
    </figure>`;
}
