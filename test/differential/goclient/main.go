// Goclient does with a typed Go client, in protocol buffers, what controllers written in Go do, and writes down as JSON
// what it saw. Usage: goclient <kubeconfig> <namespace to make>
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/watch"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const protobuf = "application/vnd.kubernetes.protobuf"

// step is one thing done: what came back, or the reason why nothing did.
type step struct {
	Say         string `json:"say"`
	Reason      string `json:"reason,omitempty"`
	ContentType string `json:"contentType,omitempty"`
	Object      any    `json:"object,omitempty"`
}

var steps []step

// seen remembers the content type of the last answer.
type seen struct {
	next http.RoundTripper
	mu   sync.Mutex
	last string
}

func (s *seen) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := s.next.RoundTrip(request)
	if err == nil {
		s.mu.Lock()
		s.last = response.Header.Get("Content-Type")
		s.mu.Unlock()
	}
	return response, err
}

func (s *seen) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

var transport *seen

func did(say string, object any, err error) {
	done := step{Say: say, ContentType: transport.take()}
	if err != nil {
		done.ContentType = ""
		done.Reason = string(apierrors.ReasonForError(err))
		if done.Reason == "" {
			done.Reason = err.Error()
		}
	} else {
		done.Object = object
	}
	steps = append(steps, done)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	must(err)
	config.ContentType = protobuf
	config.AcceptContentTypes = protobuf + ",application/json"
	config.UserAgent = "goclient/1"
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		transport = &seen{next: next}
		return transport
	})
	client, err := kubernetes.NewForConfig(config)
	must(err)
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	namespace := os.Args[2]
	tell(ctx, client, namespace)
	must(json.NewEncoder(os.Stdout).Encode(steps))
}

func tell(ctx context.Context, client kubernetes.Interface, namespace string) {
	_, err := client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{})
	must(err)
	defer client.CoreV1().Namespaces().Delete(context.Background(), namespace, metav1.DeleteOptions{})
	_, _ = client.CoreV1().ServiceAccounts(namespace).Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}, metav1.CreateOptions{})

	configMaps(ctx, client, namespace)
	others(ctx, client, namespace)
	pods(ctx, client, namespace)
}

func configMaps(ctx context.Context, client kubernetes.Interface, namespace string) {
	api := client.CoreV1().ConfigMaps(namespace)
	mine := metav1.ListOptions{LabelSelector: "mine=yes"}
	list, err := api.List(ctx, mine)
	must(err)
	watcher, err := api.Watch(ctx, metav1.ListOptions{LabelSelector: "mine=yes", ResourceVersion: list.ResourceVersion, AllowWatchBookmarks: true})
	must(err)
	did("watch config maps", nil, nil)
	first := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"mine": "yes"}, Annotations: map[string]string{"x": "y"}},
		Data:       map[string]string{"k": "v", "empty": ""},
		BinaryData: map[string][]byte{"b": {0, 1, 2, 255}},
	}
	made, err := api.Create(ctx, first, metav1.CreateOptions{})
	did("create a config map", made, err)
	_, err = api.Create(ctx, first, metav1.CreateOptions{})
	did("create it again", nil, err)
	_, err = api.Get(ctx, "nope", metav1.GetOptions{})
	did("get what is not there", nil, err)
	made.Data["k"] = "w"
	changed, err := api.Update(ctx, made, metav1.UpdateOptions{})
	did("update it", changed, err)
	_, err = api.Update(ctx, made, metav1.UpdateOptions{})
	did("update it from an old version", nil, err)
	_, err = api.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "Bad_Name"}}, metav1.CreateOptions{})
	did("create a bad one", nil, err)
	patched, err := api.Patch(ctx, "a", types.MergePatchType, []byte(`{"data":{"m":"1"}}`), metav1.PatchOptions{})
	did("merge patch", patched, err)
	patched, err = api.Patch(ctx, "a", types.StrategicMergePatchType, []byte(`{"data":{"s":"1"}}`), metav1.PatchOptions{})
	did("strategic patch", patched, err)
	patched, err = api.Patch(ctx, "a", types.JSONPatchType, []byte(`[{"op":"remove","path":"/data/m"}]`), metav1.PatchOptions{})
	did("JSON patch", patched, err)
	applied, err := api.Apply(ctx, applycorev1.ConfigMap("a", namespace).WithData(map[string]string{"applied": "1"}), metav1.ApplyOptions{FieldManager: "applier"})
	did("apply", applied, err)
	_, err = api.Apply(ctx, applycorev1.ConfigMap("a", namespace).WithData(map[string]string{"k": "mine"}), metav1.ApplyOptions{FieldManager: "applier"})
	did("apply in conflict", nil, err)
	list, err = api.List(ctx, mine)
	did("list", list, err)
	for _, name := range []string{"b", "c"} {
		_, err = api.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"mine": "yes"}}}, metav1.CreateOptions{})
		must(err)
	}
	page, err := api.List(ctx, metav1.ListOptions{LabelSelector: "mine=yes", Limit: 2})
	did("a page", page, err)
	if err == nil {
		page, err = api.List(ctx, metav1.ListOptions{LabelSelector: "mine=yes", Limit: 2, Continue: page.Continue})
		did("the next page", page, err)
	}
	uid := types.UID("nope")
	did("delete with a wrong uid", nil, api.Delete(ctx, "a", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}}))
	background := metav1.DeletePropagationBackground
	did("delete", nil, api.Delete(ctx, "a", metav1.DeleteOptions{PropagationPolicy: &background}))
	did("delete a collection", nil, api.DeleteCollection(ctx, metav1.DeleteOptions{}, mine))
	did("what the watch told", events(watcher, 9), nil)
	old, err := api.Watch(ctx, metav1.ListOptions{ResourceVersion: "x"})
	did("watch from no version", nil, err)
	if err == nil {
		old.Stop()
	}
}

// events takes so many events of a watch, and ends it.
func events(watcher watch.Interface, count int) []string {
	defer watcher.Stop()
	var told []string
	for len(told) < count {
		select {
		case event, open := <-watcher.ResultChan():
			if !open {
				return append(told, "closed")
			}
			accessor, isObject := event.Object.(metav1.Object)
			if isObject {
				told = append(told, fmt.Sprintf("%s %s", event.Type, accessor.GetName()))
			} else {
				told = append(told, fmt.Sprintf("%s %T", event.Type, event.Object))
			}
		case <-time.After(20 * time.Second):
			return append(told, "nothing more")
		}
	}
	return told
}

func others(ctx context.Context, client kubernetes.Interface, namespace string) {
	secret, err := client.CoreV1().Secrets(namespace).Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "s"}, Data: map[string][]byte{"a": []byte("b")}, StringData: map[string]string{"c": "d"},
	}, metav1.CreateOptions{})
	did("create a secret", secret, err)
	service, err := client.CoreV1().Services(namespace).Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "s"},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"a": "b"},
			Ports:    []corev1.ServicePort{{Name: "http", Port: 80, TargetPort: intstr.FromString("web")}, {Name: "n", Port: 81, TargetPort: intstr.FromInt32(8081)}},
		},
	}, metav1.CreateOptions{})
	did("create a service", service, err)
	now := metav1.NewMicroTime(time.Unix(1_700_000_000, 123_456_000))
	holder, seconds := "me", int32(15)
	lease, err := client.CoordinationV1().Leases(namespace).Create(ctx, &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: "l"},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: &seconds, RenewTime: &now},
	}, metav1.CreateOptions{})
	did("create a lease", lease, err)
	event, err := client.CoreV1().Events(namespace).Create(ctx, &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: "e"},
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: namespace, Name: "p"},
		Reason:         "Why", Message: "so", Type: "Normal", Count: 1, Source: corev1.EventSource{Component: "me"},
		FirstTimestamp: metav1.NewTime(time.Unix(1_700_000_000, 0)), LastTimestamp: metav1.NewTime(time.Unix(1_700_000_000, 0)),
	}, metav1.CreateOptions{})
	did("create an event", event, err)
	role, err := client.RbacV1().Roles(namespace).Create(ctx, &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: "r"}, Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get"}}},
	}, metav1.CreateOptions{})
	did("create a role", role, err)
	review, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: "get", Resource: "pods"}},
	}, metav1.CreateOptions{})
	did("may I", review != nil && review.Status.Allowed, err)
	expires := int64(600)
	token, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, "default", &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{Audiences: []string{"x"}, ExpirationSeconds: &expires},
	}, metav1.CreateOptions{})
	did("a token", err == nil && len(strings.Split(token.Status.Token, ".")) == 3 && !token.Status.ExpirationTimestamp.IsZero(), err)
	namespaces, err := client.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
	did("the namespace", namespaces, err)
	groups, err := client.Discovery().ServerGroups()
	did("discovery", err == nil && len(groups.Groups) > 3, err)
	version, err := client.Discovery().ServerVersion()
	did("the version", version.Major+"."+version.Minor, err)
}

func pods(ctx context.Context, client kubernetes.Interface, namespace string) {
	told := make(chan string, 100)
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	informer := factory.Core().V1().Pods().Informer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { told <- "add " + object.(*corev1.Pod).Name },
		UpdateFunc: func(_, object any) { told <- "update " + string(object.(*corev1.Pod).Status.Phase) },
		DeleteFunc: func(any) { told <- "delete" },
	})
	must(err)
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	api := client.CoreV1().Pods(namespace)
	no := false
	pod, err := api.Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "p", Labels: map[string]string{"a": "b"}},
		Spec: corev1.PodSpec{
			AutomountServiceAccountToken: &no,
			Containers: []corev1.Container{{
				Name: "c", Image: "i:1",
				Env:             []corev1.EnvVar{{Name: "IP", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}}},
				Resources:       corev1.ResourceRequirements{Limits: corev1.ResourceList{"cpu": resource.MustParse("500m"), "memory": resource.MustParse("1Gi")}},
				ReadinessProbe:  &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Port: intstr.FromInt32(80)}}},
				SecurityContext: &corev1.SecurityContext{RunAsNonRoot: &no},
			}},
			Volumes: []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "m"}}}}},
		},
	}, metav1.CreateOptions{})
	did("create a pod", pod, err)
	must(err)
	did("bind it", nil, api.Bind(ctx, &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Target: corev1.ObjectReference{Kind: "Node", Name: "n"}}, metav1.CreateOptions{}))
	pod, err = api.Get(ctx, "p", metav1.GetOptions{})
	did("get it", pod, err)
	pod.Status.Phase = corev1.PodRunning
	pod.Status.PodIP = "10.0.0.9"
	pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(time.Unix(1_700_000_000, 0))})
	pod, err = api.UpdateStatus(ctx, pod, metav1.UpdateOptions{})
	did("update its status", pod, err)
	did("evict it", nil, client.PolicyV1().Evictions(namespace).Evict(ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: namespace}}))
	zero := int64(0)
	did("delete it at once", nil, api.Delete(ctx, "p", metav1.DeleteOptions{GracePeriodSeconds: &zero}))
	var saw []string
	for len(saw) == 0 || saw[len(saw)-1] != "delete" {
		select {
		case each := <-told:
			saw = append(saw, each)
		case <-time.After(20 * time.Second):
			saw = append(saw, "nothing more", "delete")
		}
	}
	did("what the informer told", saw, nil)
}
