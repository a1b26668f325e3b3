/** ECharts, only the parts that are drawn; a chunk of its own, fetched by the first page that has a chart. */
import { BarChart } from 'echarts/charts'
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

// Canvas and not SVG: ECharts writes `style` attributes into its SVG, which our Content-Security-Policy refuses.
use([BarChart, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer])

export { init }
