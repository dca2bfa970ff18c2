import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { RateResult } from './rate.ts';

/** Ebb's own share of a cold start against the rate at which they come, as SVG text. */
export function plotRates(results: readonly RateResult[]): string {
  use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 800, height: 440 });
  const line = (name: 'p50' | 'p99'): object => ({
    name,
    type: 'line',
    data: results.map(({ perSecond, share }) => [perSecond, share[name]]),
  });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: "Ebb's own share of a cold start", left: 60, top: 8, textStyle: { fontSize: 15 } },
    legend: { right: 20, top: 10, data: ['p50', 'p99'] },
    grid: { left: 80, right: 30, top: 60, bottom: 60 },
    xAxis: { type: 'value', name: 'cold starts a second', nameLocation: 'middle', nameGap: 35 },
    yAxis: { type: 'log', name: 'milliseconds', min: 1 },
    series: [line('p50'), line('p99')],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
