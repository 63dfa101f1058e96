package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// apiServerReady asks through the forwarder, as everybody outside does.
func apiServerReady(client kubernetes.Interface) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err
	}
}

// nodeReady is satisfied when pods can be scheduled to the node: the taint that kept them away goes
// a moment after the condition comes. Any other taint is a test's own business.
func nodeReady(client kubernetes.Interface) func(context.Context) error {
	return func(ctx context.Context) error {
		node, err := client.CoreV1().Nodes().Get(ctx, nodeName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(node.Status.Conditions, func(condition corev1.NodeCondition) bool {
			return condition.Type == corev1.NodeReady
		})
		if i < 0 {
			return errors.New("the node has no status yet")
		}
		if ready := node.Status.Conditions[i]; ready.Status != corev1.ConditionTrue {
			return fmt.Errorf("the node is not ready: %s", ready.Message)
		}
		if slices.ContainsFunc(node.Spec.Taints, func(taint corev1.Taint) bool {
			return taint.Key == corev1.TaintNodeNotReady
		}) {
			return errors.New("the node still has the taint " + corev1.TaintNodeNotReady)
		}
		return nil
	}
}

// controllersReady is satisfied when the default service account exists: the controllers run, and
// pods can be created.
func controllersReady(client kubernetes.Interface) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		return err
	}
}
