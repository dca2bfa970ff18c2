// Measures what one revision costs Knative's own autoscaler, for the length of window that is named: the same cycle that
// autoscaler-scale.ts measures of Ebb's. Prints nanoseconds of processor time as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/zap"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"knative.dev/serving/pkg/apis/autoscaling/v1alpha1"
	"knative.dev/serving/pkg/autoscaler/metrics"
	"knative.dev/serving/pkg/autoscaler/scaling"
)

const (
	rounds      = 7
	repetitions = 200_000
)

// Five pods are ready, always; counting real ones would be measuring something else.
type fivePods struct{}

func (fivePods) ReadyCount() (int, error)    { return 5, nil }
func (fivePods) NotReadyCount() (int, error) { return 0, nil }

type revision struct {
	collector *metrics.MetricCollector
	scaler    scaling.UniScaler
	logger    *zap.SugaredLogger
	key       types.NamespacedName
	now       time.Time
}

// A revision whose windows are full of load around 300, the longest too.
func busyRevision(window time.Duration) (*revision, error) {
	logger := zap.NewNop().Sugar()
	noScraper := func(*v1alpha1.Metric, *zap.SugaredLogger) (metrics.StatsScraper, error) { return nil, nil }
	collector := metrics.NewMetricCollector(noScraper, logger)
	key := types.NamespacedName{Namespace: "default", Name: "shop-00001"}
	err := collector.CreateOrUpdate(&v1alpha1.Metric{
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name},
		Spec:       v1alpha1.MetricSpec{StableWindow: window, PanicWindow: max(window/10, time.Second)},
	})
	if err != nil {
		return nil, err
	}
	scaler := scaling.New(*attribute.EmptySet(), noop.NewMeterProvider(), key.Namespace, key.Name, collector, fivePods{},
		&scaling.DeciderSpec{
			MaxScaleUpRate:      1000,
			MaxScaleDownRate:    2,
			ScalingMetric:       "concurrency",
			TargetValue:         70,
			TotalValue:          100,
			TargetBurstCapacity: 211,
			ActivatorCapacity:   100,
			PanicThreshold:      2,
			StableWindow:        window,
			InitialScale:        1,
			Reachable:           true,
		})
	busy := &revision{collector, scaler, logger, key, time.Unix(1_767_614_400, 0)}
	for range 3700 {
		busy.record()
	}
	return busy, nil
}

func (r *revision) record() {
	r.now = r.now.Add(time.Second)
	r.collector.Record(r.key, r.now, metrics.Stat{PodName: "gateway", AverageConcurrentRequests: 300, RequestCount: 900})
}

func (r *revision) decide() { r.scaler.Scale(r.logger, r.now) }

func (r *revision) cycle() {
	r.record()
	r.record()
	r.decide()
}

// The least of some rounds, which is the one least disturbed.
func leastNs(task func()) (int64, error) {
	var least int64
	for round := range rounds {
		before, err := cpuNs()
		if err != nil {
			return 0, err
		}
		for range repetitions {
			task()
		}
		after, err := cpuNs()
		if err != nil {
			return 0, err
		}
		if each := (after - before) / repetitions; round == 0 || each < least {
			least = each
		}
	}
	return least, nil
}

// Processor time of this process so far.
func cpuNs() (int64, error) {
	var usage syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano(), err
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("want the length of the stable window, such as 60s")
	}
	window, err := time.ParseDuration(os.Args[1])
	if err != nil {
		return err
	}
	busy, err := busyRevision(window)
	if err != nil {
		return err
	}
	figures := map[string]int64{}
	for name, task := range map[string]func(){"cycle": busy.cycle, "decision": busy.decide, "record": busy.record} {
		if figures[name], err = leastNs(task); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(figures)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "original:", err)
		os.Exit(1)
	}
}
