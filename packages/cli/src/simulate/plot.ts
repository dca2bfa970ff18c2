import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Bin } from '@ebb/autoscaler/twin';
import type { VariantResult } from './table.ts';

const size = { width: 1000, height: 720 };
const panels = [
  { title: 'requests a second', top: 70 },
  { title: 'pods', top: 290 },
  { title: 'requests waiting', top: 510 },
] as const;
const panelHeight = 160;

/** A picture of the arrivals and, for each variant, its pods and the requests that waited. SVG text. */
export function plot(variants: readonly VariantResult[], title: string): string {
  use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  chart.setOption({
    animation: false,
    useUTC: true,
    backgroundColor: '#ffffff',
    title: [
      { text: title, left: 60, top: 8, textStyle: { fontSize: 15 } },
      ...panels.map(({ title: text, top }) => ({
        text,
        left: 60,
        top: top - 24,
        textStyle: { fontSize: 12, fontWeight: 'normal' },
      })),
    ],
    legend: { right: 20, top: 10, itemGap: 24, data: variants.map(({ name }) => name) },
    grid: panels.map(({ top }) => ({ left: 60, right: 20, top, height: panelHeight })),
    xAxis: panels.map((_, gridIndex) => ({ type: 'time', gridIndex })),
    yAxis: panels.map((_, gridIndex) => ({ type: 'value', gridIndex, minInterval: gridIndex === 0 ? 0 : 1 })),
    series: seriesOf(variants),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** Values over time, in one of the panels. */
function line(name: string, panel: number, bins: readonly Bin[], valueOf: (bin: Bin) => number): object {
  return {
    type: 'line',
    name,
    xAxisIndex: panel,
    yAxisIndex: panel,
    symbol: 'none',
    step: panel === 1 ? 'end' : false,
    lineStyle: { width: 1.2 },
    data: bins.map((bin) => [bin.atMs, valueOf(bin)]),
  };
}

function seriesOf(variants: readonly VariantResult[]): readonly object[] {
  const bins = variants[0]?.result.bins ?? [];
  const binSeconds = ((bins[1]?.atMs ?? 1000) - (bins[0]?.atMs ?? 0)) / 1000;
  const arrivals = line('requests', 0, bins, (bin) => bin.arrivals / binSeconds);
  return [
    { ...arrivals, areaStyle: { opacity: 0.25 }, color: '#666666' },
    ...variants.map(({ name, result }) => line(name, 1, result.bins, (bin) => bin.pods)),
    ...variants.map(({ name, result }) => line(name, 2, result.bins, (bin) => bin.waiting)),
  ];
}
