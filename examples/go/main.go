package main

import (
	"example.com/pulumi-vllm/sdk/go/vllm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		cfg := config.New(ctx, "")

		store, err := vllm.NewModelStore(ctx, "models", &vllm.ModelStoreArgs{
			OnDestroy: new(vllm.ModelStoreOnDestroyDelete),
		})
		if err != nil {
			return err
		}

		llm, err := vllm.NewInferencePlatform(ctx, "llm", &vllm.InferencePlatformArgs{
			Cluster:    vllm.ClusterSettingsArgs{Eks: cfg.Require("eks"), Kubeconfig: cfg.RequireSecret("kubeconfig")},
			Namespace:  &vllm.NamespaceSettingsArgs{Name: new(cfg.Require("namespace")), Create: new(true)},
			ModelStore: &vllm.ModelStoreSettingsArgs{Bucket: store.BucketName},
			Models: map[string]vllm.ModelSettingsArgs{
				"chat": {
					ServedModelName: new("qwen3-8b"),
					Gpu:             &vllm.GpuSettingsArgs{Product: new(vllm.GpuProductL4)},
					Replicas:        new(2),
					Engine:          &vllm.EngineSettingsArgs{Args: map[string]any{"max-logprobs": 5}},
				},
			},
			ApiKey: &vllm.ApiKeySettingsArgs{Value: cfg.RequireSecret("apiKey")},
		})
		if err != nil {
			return err
		}

		ctx.Export("endpoint", llm.Endpoint)
		ctx.Export("bucket", llm.ModelBucket)
		ctx.Export("apiKey", llm.ApiKey)
		return nil
	})
}
