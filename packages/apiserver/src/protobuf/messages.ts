/**
 * The messages that clients send in Kubernetes' protocol buffers, by package and name: number, name and type of each field
 * (k8s.io/api v0.32, `generated.proto`). `pointer` fields count even if zero or empty; `inline` ones are spread into
 * their parent.
 */
export const messages: Readonly<Record<string, string>> = {
  'authentication.SelfSubjectReview': `
    1 metadata meta.ObjectMeta
    2 status authentication.SelfSubjectReviewStatus
  `,
  'authentication.SelfSubjectReviewStatus': `
    1 userInfo authentication.UserInfo
  `,
  'authentication.TokenReview': `
    1 metadata meta.ObjectMeta
    2 spec authentication.TokenReviewSpec
    3 status authentication.TokenReviewStatus
  `,
  'authentication.TokenReviewSpec': `
    1 token string
    2 audiences list string
  `,
  'authentication.TokenReviewStatus': `
    1 authenticated bool
    2 user authentication.UserInfo
    4 audiences list string
    3 error string
  `,
  'authentication.UserInfo': `
    1 username string
    2 uid string
    3 groups list string
    4 extra map strings
  `,
  'authorization.FieldSelectorAttributes': `
    1 rawSelector string
    2 requirements list meta.FieldSelectorRequirement
  `,
  'authorization.LabelSelectorAttributes': `
    1 rawSelector string
    2 requirements list meta.LabelSelectorRequirement
  `,
  'authorization.NonResourceAttributes': `
    1 path string
    2 verb string
  `,
  'authorization.NonResourceRule': `
    1 verbs list string
    2 nonResourceURLs list string
  `,
  'authorization.ResourceAttributes': `
    1 namespace string
    2 verb string
    3 group string
    4 version string
    5 resource string
    6 subresource string
    7 name string
    8 fieldSelector pointer authorization.FieldSelectorAttributes
    9 labelSelector pointer authorization.LabelSelectorAttributes
  `,
  'authorization.ResourceRule': `
    1 verbs list string
    2 apiGroups list string
    3 resources list string
    4 resourceNames list string
  `,
  'authorization.SelfSubjectAccessReview': `
    1 metadata meta.ObjectMeta
    2 spec authorization.SelfSubjectAccessReviewSpec
    3 status authorization.SubjectAccessReviewStatus
  `,
  'authorization.SelfSubjectAccessReviewSpec': `
    1 resourceAttributes pointer authorization.ResourceAttributes
    2 nonResourceAttributes pointer authorization.NonResourceAttributes
  `,
  'authorization.SelfSubjectRulesReview': `
    1 metadata meta.ObjectMeta
    2 spec authorization.SelfSubjectRulesReviewSpec
    3 status authorization.SubjectRulesReviewStatus
  `,
  'authorization.SelfSubjectRulesReviewSpec': `
    1 namespace string
  `,
  'authorization.SubjectAccessReview': `
    1 metadata meta.ObjectMeta
    2 spec authorization.SubjectAccessReviewSpec
    3 status authorization.SubjectAccessReviewStatus
  `,
  'authorization.SubjectAccessReviewSpec': `
    1 resourceAttributes pointer authorization.ResourceAttributes
    2 nonResourceAttributes pointer authorization.NonResourceAttributes
    3 user string
    4 groups list string
    5 extra map strings
    6 uid string
  `,
  'authorization.SubjectAccessReviewStatus': `
    1 allowed bool
    4 denied bool
    2 reason string
    3 evaluationError string
  `,
  'authorization.SubjectRulesReviewStatus': `
    1 resourceRules list authorization.ResourceRule
    2 nonResourceRules list authorization.NonResourceRule
    3 incomplete bool
    4 evaluationError string
  `,
  'coordination.Lease': `
    1 metadata meta.ObjectMeta
    2 spec coordination.LeaseSpec
  `,
  'coordination.LeaseSpec': `
    1 holderIdentity pointer string
    2 leaseDurationSeconds pointer int
    3 acquireTime pointer time
    4 renewTime pointer time
    5 leaseTransitions pointer int
    6 strategy pointer string
    7 preferredHolder pointer string
  `,
  'core.AWSElasticBlockStoreVolumeSource': `
    1 volumeID string
    2 fsType string
    3 partition int
    4 readOnly bool
  `,
  'core.Affinity': `
    1 nodeAffinity pointer core.NodeAffinity
    2 podAffinity pointer core.PodAffinity
    3 podAntiAffinity pointer core.PodAntiAffinity
  `,
  'core.AppArmorProfile': `
    1 type string
    2 localhostProfile pointer string
  `,
  'core.AttachedVolume': `
    1 name string
    2 devicePath string
  `,
  'core.AzureDiskVolumeSource': `
    1 diskName string
    2 diskURI string
    3 cachingMode pointer string
    4 fsType pointer string
    5 readOnly pointer bool
    6 kind pointer string
  `,
  'core.AzureFilePersistentVolumeSource': `
    1 secretName string
    2 shareName string
    3 readOnly bool
    4 secretNamespace pointer string
  `,
  'core.AzureFileVolumeSource': `
    1 secretName string
    2 shareName string
    3 readOnly bool
  `,
  'core.Binding': `
    1 metadata meta.ObjectMeta
    2 target core.ObjectReference
  `,
  'core.CSIPersistentVolumeSource': `
    1 driver string
    2 volumeHandle string
    3 readOnly bool
    4 fsType string
    5 volumeAttributes map string
    6 controllerPublishSecretRef pointer core.SecretReference
    7 nodeStageSecretRef pointer core.SecretReference
    8 nodePublishSecretRef pointer core.SecretReference
    9 controllerExpandSecretRef pointer core.SecretReference
    10 nodeExpandSecretRef pointer core.SecretReference
  `,
  'core.CSIVolumeSource': `
    1 driver string
    2 readOnly pointer bool
    3 fsType pointer string
    4 volumeAttributes map string
    5 nodePublishSecretRef pointer core.LocalObjectReference
  `,
  'core.Capabilities': `
    1 add list string
    2 drop list string
  `,
  'core.CephFSPersistentVolumeSource': `
    1 monitors list string
    2 path string
    3 user string
    4 secretFile string
    5 secretRef pointer core.SecretReference
    6 readOnly bool
  `,
  'core.CephFSVolumeSource': `
    1 monitors list string
    2 path string
    3 user string
    4 secretFile string
    5 secretRef pointer core.LocalObjectReference
    6 readOnly bool
  `,
  'core.CinderPersistentVolumeSource': `
    1 volumeID string
    2 fsType string
    3 readOnly bool
    4 secretRef pointer core.SecretReference
  `,
  'core.CinderVolumeSource': `
    1 volumeID string
    2 fsType string
    3 readOnly bool
    4 secretRef pointer core.LocalObjectReference
  `,
  'core.ClientIPConfig': `
    1 timeoutSeconds pointer int
  `,
  'core.ClusterTrustBundleProjection': `
    1 name pointer string
    2 signerName pointer string
    3 labelSelector pointer meta.LabelSelector
    5 optional pointer bool
    4 path string
  `,
  'core.ConfigMap': `
    1 metadata meta.ObjectMeta
    4 immutable pointer bool
    2 data map string
    3 binaryData map bytes
  `,
  'core.ConfigMapEnvSource': `
    1 localObjectReference inline core.LocalObjectReference
    2 optional pointer bool
  `,
  'core.ConfigMapKeySelector': `
    1 localObjectReference inline core.LocalObjectReference
    2 key string
    3 optional pointer bool
  `,
  'core.ConfigMapNodeConfigSource': `
    1 namespace string
    2 name string
    3 uid string
    4 resourceVersion string
    5 kubeletConfigKey string
  `,
  'core.ConfigMapProjection': `
    1 localObjectReference inline core.LocalObjectReference
    2 items list core.KeyToPath
    4 optional pointer bool
  `,
  'core.ConfigMapVolumeSource': `
    1 localObjectReference inline core.LocalObjectReference
    2 items list core.KeyToPath
    3 defaultMode pointer int
    4 optional pointer bool
  `,
  'core.Container': `
    1 name string
    2 image string
    3 command list string
    4 args list string
    5 workingDir string
    6 ports list core.ContainerPort
    19 envFrom list core.EnvFromSource
    7 env list core.EnvVar
    8 resources core.ResourceRequirements
    23 resizePolicy list core.ContainerResizePolicy
    24 restartPolicy pointer string
    9 volumeMounts list core.VolumeMount
    21 volumeDevices list core.VolumeDevice
    10 livenessProbe pointer core.Probe
    11 readinessProbe pointer core.Probe
    22 startupProbe pointer core.Probe
    12 lifecycle pointer core.Lifecycle
    13 terminationMessagePath string
    20 terminationMessagePolicy string
    14 imagePullPolicy string
    15 securityContext pointer core.SecurityContext
    16 stdin bool
    17 stdinOnce bool
    18 tty bool
  `,
  'core.ContainerImage': `
    1 names list string
    2 sizeBytes int
  `,
  'core.ContainerPort': `
    1 name string
    2 hostPort int
    3 containerPort int
    4 protocol string
    5 hostIP string
  `,
  'core.ContainerResizePolicy': `
    1 resourceName string
    2 restartPolicy string
  `,
  'core.ContainerState': `
    1 waiting pointer core.ContainerStateWaiting
    2 running pointer core.ContainerStateRunning
    3 terminated pointer core.ContainerStateTerminated
  `,
  'core.ContainerStateRunning': `
    1 startedAt time
  `,
  'core.ContainerStateTerminated': `
    1 exitCode int
    2 signal int
    3 reason string
    4 message string
    5 startedAt time
    6 finishedAt time
    7 containerID string
  `,
  'core.ContainerStateWaiting': `
    1 reason string
    2 message string
  `,
  'core.ContainerStatus': `
    1 name string
    2 state core.ContainerState
    3 lastState core.ContainerState
    4 ready bool
    5 restartCount int
    6 image string
    7 imageID string
    8 containerID string
    9 started pointer bool
    10 allocatedResources map quantity
    11 resources pointer core.ResourceRequirements
    12 volumeMounts list core.VolumeMountStatus
    13 user pointer core.ContainerUser
    14 allocatedResourcesStatus list core.ResourceStatus
  `,
  'core.ContainerUser': `
    1 linux pointer core.LinuxContainerUser
  `,
  'core.DaemonEndpoint': `
    1 Port int
  `,
  'core.DownwardAPIProjection': `
    1 items list core.DownwardAPIVolumeFile
  `,
  'core.DownwardAPIVolumeFile': `
    1 path string
    2 fieldRef pointer core.ObjectFieldSelector
    3 resourceFieldRef pointer core.ResourceFieldSelector
    4 mode pointer int
  `,
  'core.DownwardAPIVolumeSource': `
    1 items list core.DownwardAPIVolumeFile
    2 defaultMode pointer int
  `,
  'core.EmptyDirVolumeSource': `
    1 medium string
    2 sizeLimit pointer quantity
  `,
  'core.EndpointAddress': `
    1 ip string
    3 hostname string
    4 nodeName pointer string
    2 targetRef pointer core.ObjectReference
  `,
  'core.EndpointPort': `
    1 name string
    2 port int
    3 protocol string
    4 appProtocol pointer string
  `,
  'core.EndpointSubset': `
    1 addresses list core.EndpointAddress
    2 notReadyAddresses list core.EndpointAddress
    3 ports list core.EndpointPort
  `,
  'core.Endpoints': `
    1 metadata meta.ObjectMeta
    2 subsets list core.EndpointSubset
  `,
  'core.EnvFromSource': `
    1 prefix string
    2 configMapRef pointer core.ConfigMapEnvSource
    3 secretRef pointer core.SecretEnvSource
  `,
  'core.EnvVar': `
    1 name string
    2 value string
    3 valueFrom pointer core.EnvVarSource
  `,
  'core.EnvVarSource': `
    1 fieldRef pointer core.ObjectFieldSelector
    2 resourceFieldRef pointer core.ResourceFieldSelector
    3 configMapKeyRef pointer core.ConfigMapKeySelector
    4 secretKeyRef pointer core.SecretKeySelector
  `,
  'core.EphemeralContainer': `
    1 ephemeralContainerCommon inline core.EphemeralContainerCommon
    2 targetContainerName string
  `,
  'core.EphemeralContainerCommon': `
    1 name string
    2 image string
    3 command list string
    4 args list string
    5 workingDir string
    6 ports list core.ContainerPort
    19 envFrom list core.EnvFromSource
    7 env list core.EnvVar
    8 resources core.ResourceRequirements
    23 resizePolicy list core.ContainerResizePolicy
    24 restartPolicy pointer string
    9 volumeMounts list core.VolumeMount
    21 volumeDevices list core.VolumeDevice
    10 livenessProbe pointer core.Probe
    11 readinessProbe pointer core.Probe
    22 startupProbe pointer core.Probe
    12 lifecycle pointer core.Lifecycle
    13 terminationMessagePath string
    20 terminationMessagePolicy string
    14 imagePullPolicy string
    15 securityContext pointer core.SecurityContext
    16 stdin bool
    17 stdinOnce bool
    18 tty bool
  `,
  'core.EphemeralVolumeSource': `
    1 volumeClaimTemplate pointer core.PersistentVolumeClaimTemplate
  `,
  'core.Event': `
    1 metadata meta.ObjectMeta
    2 involvedObject core.ObjectReference
    3 reason string
    4 message string
    5 source core.EventSource
    6 firstTimestamp time
    7 lastTimestamp time
    8 count int
    9 type string
    10 eventTime time
    11 series pointer core.EventSeries
    12 action string
    13 related pointer core.ObjectReference
    14 reportingComponent string
    15 reportingInstance string
  `,
  'core.EventSeries': `
    1 count int
    2 lastObservedTime time
  `,
  'core.EventSource': `
    1 component string
    2 host string
  `,
  'core.ExecAction': `
    1 command list string
  `,
  'core.FCVolumeSource': `
    1 targetWWNs list string
    2 lun pointer int
    3 fsType string
    4 readOnly bool
    5 wwids list string
  `,
  'core.FlexPersistentVolumeSource': `
    1 driver string
    2 fsType string
    3 secretRef pointer core.SecretReference
    4 readOnly bool
    5 options map string
  `,
  'core.FlexVolumeSource': `
    1 driver string
    2 fsType string
    3 secretRef pointer core.LocalObjectReference
    4 readOnly bool
    5 options map string
  `,
  'core.FlockerVolumeSource': `
    1 datasetName string
    2 datasetUUID string
  `,
  'core.GCEPersistentDiskVolumeSource': `
    1 pdName string
    2 fsType string
    3 partition int
    4 readOnly bool
  `,
  'core.GRPCAction': `
    1 port int
    2 service pointer string
  `,
  'core.GitRepoVolumeSource': `
    1 repository string
    2 revision string
    3 directory string
  `,
  'core.GlusterfsPersistentVolumeSource': `
    1 endpoints string
    2 path string
    3 readOnly bool
    4 endpointsNamespace pointer string
  `,
  'core.GlusterfsVolumeSource': `
    1 endpoints string
    2 path string
    3 readOnly bool
  `,
  'core.HTTPGetAction': `
    1 path string
    2 port intorstring
    3 host string
    4 scheme string
    5 httpHeaders list core.HTTPHeader
  `,
  'core.HTTPHeader': `
    1 name string
    2 value string
  `,
  'core.HostAlias': `
    1 ip string
    2 hostnames list string
  `,
  'core.HostIP': `
    1 ip string
  `,
  'core.HostPathVolumeSource': `
    1 path string
    2 type pointer string
  `,
  'core.ISCSIPersistentVolumeSource': `
    1 targetPortal string
    2 iqn string
    3 lun int
    4 iscsiInterface string
    5 fsType string
    6 readOnly bool
    7 portals list string
    8 chapAuthDiscovery bool
    11 chapAuthSession bool
    10 secretRef pointer core.SecretReference
    12 initiatorName pointer string
  `,
  'core.ISCSIVolumeSource': `
    1 targetPortal string
    2 iqn string
    3 lun int
    4 iscsiInterface string
    5 fsType string
    6 readOnly bool
    7 portals list string
    8 chapAuthDiscovery bool
    11 chapAuthSession bool
    10 secretRef pointer core.LocalObjectReference
    12 initiatorName pointer string
  `,
  'core.ImageVolumeSource': `
    1 reference string
    2 pullPolicy string
  `,
  'core.KeyToPath': `
    1 key string
    2 path string
    3 mode pointer int
  `,
  'core.Lifecycle': `
    1 postStart pointer core.LifecycleHandler
    2 preStop pointer core.LifecycleHandler
  `,
  'core.LifecycleHandler': `
    1 exec pointer core.ExecAction
    2 httpGet pointer core.HTTPGetAction
    3 tcpSocket pointer core.TCPSocketAction
    4 sleep pointer core.SleepAction
  `,
  'core.LimitRange': `
    1 metadata meta.ObjectMeta
    2 spec core.LimitRangeSpec
  `,
  'core.LimitRangeItem': `
    1 type string
    2 max map quantity
    3 min map quantity
    4 default map quantity
    5 defaultRequest map quantity
    6 maxLimitRequestRatio map quantity
  `,
  'core.LimitRangeSpec': `
    1 limits list core.LimitRangeItem
  `,
  'core.LinuxContainerUser': `
    1 uid int
    2 gid int
    3 supplementalGroups list int
  `,
  'core.LoadBalancerIngress': `
    1 ip string
    2 hostname string
    3 ipMode pointer string
    4 ports list core.PortStatus
  `,
  'core.LoadBalancerStatus': `
    1 ingress list core.LoadBalancerIngress
  `,
  'core.LocalObjectReference': `
    1 name string
  `,
  'core.LocalVolumeSource': `
    1 path string
    2 fsType pointer string
  `,
  'core.ModifyVolumeStatus': `
    1 targetVolumeAttributesClassName string
    2 status string
  `,
  'core.NFSVolumeSource': `
    1 server string
    2 path string
    3 readOnly bool
  `,
  'core.Namespace': `
    1 metadata meta.ObjectMeta
    2 spec core.NamespaceSpec
    3 status core.NamespaceStatus
  `,
  'core.NamespaceCondition': `
    1 type string
    2 status string
    4 lastTransitionTime time
    5 reason string
    6 message string
  `,
  'core.NamespaceSpec': `
    1 finalizers list string
  `,
  'core.NamespaceStatus': `
    1 phase string
    2 conditions list core.NamespaceCondition
  `,
  'core.Node': `
    1 metadata meta.ObjectMeta
    2 spec core.NodeSpec
    3 status core.NodeStatus
  `,
  'core.NodeAddress': `
    1 type string
    2 address string
  `,
  'core.NodeAffinity': `
    1 requiredDuringSchedulingIgnoredDuringExecution pointer core.NodeSelector
    2 preferredDuringSchedulingIgnoredDuringExecution list core.PreferredSchedulingTerm
  `,
  'core.NodeCondition': `
    1 type string
    2 status string
    3 lastHeartbeatTime time
    4 lastTransitionTime time
    5 reason string
    6 message string
  `,
  'core.NodeConfigSource': `
    2 configMap pointer core.ConfigMapNodeConfigSource
  `,
  'core.NodeConfigStatus': `
    1 assigned pointer core.NodeConfigSource
    2 active pointer core.NodeConfigSource
    3 lastKnownGood pointer core.NodeConfigSource
    4 error string
  `,
  'core.NodeDaemonEndpoints': `
    1 kubeletEndpoint core.DaemonEndpoint
  `,
  'core.NodeFeatures': `
    1 supplementalGroupsPolicy pointer bool
  `,
  'core.NodeRuntimeHandler': `
    1 name string
    2 features pointer core.NodeRuntimeHandlerFeatures
  `,
  'core.NodeRuntimeHandlerFeatures': `
    1 recursiveReadOnlyMounts pointer bool
    2 userNamespaces pointer bool
  `,
  'core.NodeSelector': `
    1 nodeSelectorTerms list core.NodeSelectorTerm
  `,
  'core.NodeSelectorRequirement': `
    1 key string
    2 operator string
    3 values list string
  `,
  'core.NodeSelectorTerm': `
    1 matchExpressions list core.NodeSelectorRequirement
    2 matchFields list core.NodeSelectorRequirement
  `,
  'core.NodeSpec': `
    1 podCIDR string
    7 podCIDRs list string
    3 providerID string
    4 unschedulable bool
    5 taints list core.Taint
    6 configSource pointer core.NodeConfigSource
    2 externalID string
  `,
  'core.NodeStatus': `
    1 capacity map quantity
    2 allocatable map quantity
    3 phase string
    4 conditions list core.NodeCondition
    5 addresses list core.NodeAddress
    6 daemonEndpoints core.NodeDaemonEndpoints
    7 nodeInfo core.NodeSystemInfo
    8 images list core.ContainerImage
    9 volumesInUse list string
    10 volumesAttached list core.AttachedVolume
    11 config pointer core.NodeConfigStatus
    12 runtimeHandlers list core.NodeRuntimeHandler
    13 features pointer core.NodeFeatures
  `,
  'core.NodeSystemInfo': `
    1 machineID string
    2 systemUUID string
    3 bootID string
    4 kernelVersion string
    5 osImage string
    6 containerRuntimeVersion string
    7 kubeletVersion string
    8 kubeProxyVersion string
    9 operatingSystem string
    10 architecture string
  `,
  'core.ObjectFieldSelector': `
    1 apiVersion string
    2 fieldPath string
  `,
  'core.ObjectReference': `
    1 kind string
    2 namespace string
    3 name string
    4 uid string
    5 apiVersion string
    6 resourceVersion string
    7 fieldPath string
  `,
  'core.PersistentVolume': `
    1 metadata meta.ObjectMeta
    2 spec core.PersistentVolumeSpec
    3 status core.PersistentVolumeStatus
  `,
  'core.PersistentVolumeClaim': `
    1 metadata meta.ObjectMeta
    2 spec core.PersistentVolumeClaimSpec
    3 status core.PersistentVolumeClaimStatus
  `,
  'core.PersistentVolumeClaimCondition': `
    1 type string
    2 status string
    3 lastProbeTime time
    4 lastTransitionTime time
    5 reason string
    6 message string
  `,
  'core.PersistentVolumeClaimSpec': `
    1 accessModes list string
    4 selector pointer meta.LabelSelector
    2 resources core.VolumeResourceRequirements
    3 volumeName string
    5 storageClassName pointer string
    6 volumeMode pointer string
    7 dataSource pointer core.TypedLocalObjectReference
    8 dataSourceRef pointer core.TypedObjectReference
    9 volumeAttributesClassName pointer string
  `,
  'core.PersistentVolumeClaimStatus': `
    1 phase string
    2 accessModes list string
    3 capacity map quantity
    4 conditions list core.PersistentVolumeClaimCondition
    5 allocatedResources map quantity
    7 allocatedResourceStatuses map string
    8 currentVolumeAttributesClassName pointer string
    9 modifyVolumeStatus pointer core.ModifyVolumeStatus
  `,
  'core.PersistentVolumeClaimTemplate': `
    1 metadata meta.ObjectMeta
    2 spec core.PersistentVolumeClaimSpec
  `,
  'core.PersistentVolumeClaimVolumeSource': `
    1 claimName string
    2 readOnly bool
  `,
  'core.PersistentVolumeSource': `
    1 gcePersistentDisk pointer core.GCEPersistentDiskVolumeSource
    2 awsElasticBlockStore pointer core.AWSElasticBlockStoreVolumeSource
    3 hostPath pointer core.HostPathVolumeSource
    4 glusterfs pointer core.GlusterfsPersistentVolumeSource
    5 nfs pointer core.NFSVolumeSource
    6 rbd pointer core.RBDPersistentVolumeSource
    7 iscsi pointer core.ISCSIPersistentVolumeSource
    8 cinder pointer core.CinderPersistentVolumeSource
    9 cephfs pointer core.CephFSPersistentVolumeSource
    10 fc pointer core.FCVolumeSource
    11 flocker pointer core.FlockerVolumeSource
    12 flexVolume pointer core.FlexPersistentVolumeSource
    13 azureFile pointer core.AzureFilePersistentVolumeSource
    14 vsphereVolume pointer core.VsphereVirtualDiskVolumeSource
    15 quobyte pointer core.QuobyteVolumeSource
    16 azureDisk pointer core.AzureDiskVolumeSource
    17 photonPersistentDisk pointer core.PhotonPersistentDiskVolumeSource
    18 portworxVolume pointer core.PortworxVolumeSource
    19 scaleIO pointer core.ScaleIOPersistentVolumeSource
    20 local pointer core.LocalVolumeSource
    21 storageos pointer core.StorageOSPersistentVolumeSource
    22 csi pointer core.CSIPersistentVolumeSource
  `,
  'core.PersistentVolumeSpec': `
    1 capacity map quantity
    2 persistentVolumeSource inline core.PersistentVolumeSource
    3 accessModes list string
    4 claimRef pointer core.ObjectReference
    5 persistentVolumeReclaimPolicy string
    6 storageClassName string
    7 mountOptions list string
    8 volumeMode pointer string
    9 nodeAffinity pointer core.VolumeNodeAffinity
    10 volumeAttributesClassName pointer string
  `,
  'core.PersistentVolumeStatus': `
    1 phase string
    2 message string
    3 reason string
    4 lastPhaseTransitionTime pointer time
  `,
  'core.PhotonPersistentDiskVolumeSource': `
    1 pdID string
    2 fsType string
  `,
  'core.Pod': `
    1 metadata meta.ObjectMeta
    2 spec core.PodSpec
    3 status core.PodStatus
  `,
  'core.PodAffinity': `
    1 requiredDuringSchedulingIgnoredDuringExecution list core.PodAffinityTerm
    2 preferredDuringSchedulingIgnoredDuringExecution list core.WeightedPodAffinityTerm
  `,
  'core.PodAffinityTerm': `
    1 labelSelector pointer meta.LabelSelector
    2 namespaces list string
    3 topologyKey string
    4 namespaceSelector pointer meta.LabelSelector
    5 matchLabelKeys list string
    6 mismatchLabelKeys list string
  `,
  'core.PodAntiAffinity': `
    1 requiredDuringSchedulingIgnoredDuringExecution list core.PodAffinityTerm
    2 preferredDuringSchedulingIgnoredDuringExecution list core.WeightedPodAffinityTerm
  `,
  'core.PodCondition': `
    1 type string
    2 status string
    3 lastProbeTime time
    4 lastTransitionTime time
    5 reason string
    6 message string
  `,
  'core.PodDNSConfig': `
    1 nameservers list string
    2 searches list string
    3 options list core.PodDNSConfigOption
  `,
  'core.PodDNSConfigOption': `
    1 name string
    2 value pointer string
  `,
  'core.PodIP': `
    1 ip string
  `,
  'core.PodOS': `
    1 name string
  `,
  'core.PodReadinessGate': `
    1 conditionType string
  `,
  'core.PodResourceClaim': `
    1 name string
    3 resourceClaimName pointer string
    4 resourceClaimTemplateName pointer string
  `,
  'core.PodResourceClaimStatus': `
    1 name string
    2 resourceClaimName pointer string
  `,
  'core.PodSchedulingGate': `
    1 name string
  `,
  'core.PodSecurityContext': `
    1 seLinuxOptions pointer core.SELinuxOptions
    8 windowsOptions pointer core.WindowsSecurityContextOptions
    2 runAsUser pointer int
    6 runAsGroup pointer int
    3 runAsNonRoot pointer bool
    4 supplementalGroups list int
    12 supplementalGroupsPolicy pointer string
    5 fsGroup pointer int
    7 sysctls list core.Sysctl
    9 fsGroupChangePolicy pointer string
    10 seccompProfile pointer core.SeccompProfile
    11 appArmorProfile pointer core.AppArmorProfile
    13 seLinuxChangePolicy pointer string
  `,
  'core.PodSpec': `
    1 volumes list core.Volume
    20 initContainers list core.Container
    2 containers list core.Container
    34 ephemeralContainers list core.EphemeralContainer
    3 restartPolicy string
    4 terminationGracePeriodSeconds pointer int
    5 activeDeadlineSeconds pointer int
    6 dnsPolicy string
    7 nodeSelector map string
    8 serviceAccountName string
    9 serviceAccount string
    21 automountServiceAccountToken pointer bool
    10 nodeName string
    11 hostNetwork bool
    12 hostPID bool
    13 hostIPC bool
    27 shareProcessNamespace pointer bool
    14 securityContext pointer core.PodSecurityContext
    15 imagePullSecrets list core.LocalObjectReference
    16 hostname string
    17 subdomain string
    18 affinity pointer core.Affinity
    19 schedulerName string
    22 tolerations list core.Toleration
    23 hostAliases list core.HostAlias
    24 priorityClassName string
    25 priority pointer int
    26 dnsConfig pointer core.PodDNSConfig
    28 readinessGates list core.PodReadinessGate
    29 runtimeClassName pointer string
    30 enableServiceLinks pointer bool
    31 preemptionPolicy pointer string
    32 overhead map quantity
    33 topologySpreadConstraints list core.TopologySpreadConstraint
    35 setHostnameAsFQDN pointer bool
    36 os pointer core.PodOS
    37 hostUsers pointer bool
    38 schedulingGates list core.PodSchedulingGate
    39 resourceClaims list core.PodResourceClaim
    40 resources pointer core.ResourceRequirements
  `,
  'core.PodStatus': `
    1 phase string
    2 conditions list core.PodCondition
    3 message string
    4 reason string
    11 nominatedNodeName string
    5 hostIP string
    16 hostIPs list core.HostIP
    6 podIP string
    12 podIPs list core.PodIP
    7 startTime pointer time
    10 initContainerStatuses list core.ContainerStatus
    8 containerStatuses list core.ContainerStatus
    9 qosClass string
    13 ephemeralContainerStatuses list core.ContainerStatus
    14 resize string
    15 resourceClaimStatuses list core.PodResourceClaimStatus
  `,
  'core.PortStatus': `
    1 port int
    2 protocol string
    3 error pointer string
  `,
  'core.PortworxVolumeSource': `
    1 volumeID string
    2 fsType string
    3 readOnly bool
  `,
  'core.PreferredSchedulingTerm': `
    1 weight int
    2 preference core.NodeSelectorTerm
  `,
  'core.Probe': `
    1 handler inline core.ProbeHandler
    2 initialDelaySeconds int
    3 timeoutSeconds int
    4 periodSeconds int
    5 successThreshold int
    6 failureThreshold int
    7 terminationGracePeriodSeconds pointer int
  `,
  'core.ProbeHandler': `
    1 exec pointer core.ExecAction
    2 httpGet pointer core.HTTPGetAction
    3 tcpSocket pointer core.TCPSocketAction
    4 grpc pointer core.GRPCAction
  `,
  'core.ProjectedVolumeSource': `
    1 sources list core.VolumeProjection
    2 defaultMode pointer int
  `,
  'core.QuobyteVolumeSource': `
    1 registry string
    2 volume string
    3 readOnly bool
    4 user string
    5 group string
    6 tenant string
  `,
  'core.RBDPersistentVolumeSource': `
    1 monitors list string
    2 image string
    3 fsType string
    4 pool string
    5 user string
    6 keyring string
    7 secretRef pointer core.SecretReference
    8 readOnly bool
  `,
  'core.RBDVolumeSource': `
    1 monitors list string
    2 image string
    3 fsType string
    4 pool string
    5 user string
    6 keyring string
    7 secretRef pointer core.LocalObjectReference
    8 readOnly bool
  `,
  'core.ResourceClaim': `
    1 name string
    2 request string
  `,
  'core.ResourceFieldSelector': `
    1 containerName string
    2 resource string
    3 divisor quantity
  `,
  'core.ResourceHealth': `
    1 resourceID string
    2 health string
  `,
  'core.ResourceQuota': `
    1 metadata meta.ObjectMeta
    2 spec core.ResourceQuotaSpec
    3 status core.ResourceQuotaStatus
  `,
  'core.ResourceQuotaSpec': `
    1 hard map quantity
    2 scopes list string
    3 scopeSelector pointer core.ScopeSelector
  `,
  'core.ResourceQuotaStatus': `
    1 hard map quantity
    2 used map quantity
  `,
  'core.ResourceRequirements': `
    1 limits map quantity
    2 requests map quantity
    3 claims list core.ResourceClaim
  `,
  'core.ResourceStatus': `
    1 name string
    2 resources list core.ResourceHealth
  `,
  'core.SELinuxOptions': `
    1 user string
    2 role string
    3 type string
    4 level string
  `,
  'core.ScaleIOPersistentVolumeSource': `
    1 gateway string
    2 system string
    3 secretRef pointer core.SecretReference
    4 sslEnabled bool
    5 protectionDomain string
    6 storagePool string
    7 storageMode string
    8 volumeName string
    9 fsType string
    10 readOnly bool
  `,
  'core.ScaleIOVolumeSource': `
    1 gateway string
    2 system string
    3 secretRef pointer core.LocalObjectReference
    4 sslEnabled bool
    5 protectionDomain string
    6 storagePool string
    7 storageMode string
    8 volumeName string
    9 fsType string
    10 readOnly bool
  `,
  'core.ScopeSelector': `
    1 matchExpressions list core.ScopedResourceSelectorRequirement
  `,
  'core.ScopedResourceSelectorRequirement': `
    1 scopeName string
    2 operator string
    3 values list string
  `,
  'core.SeccompProfile': `
    1 type string
    2 localhostProfile pointer string
  `,
  'core.Secret': `
    1 metadata meta.ObjectMeta
    5 immutable pointer bool
    2 data map bytes
    4 stringData map string
    3 type string
  `,
  'core.SecretEnvSource': `
    1 localObjectReference inline core.LocalObjectReference
    2 optional pointer bool
  `,
  'core.SecretKeySelector': `
    1 localObjectReference inline core.LocalObjectReference
    2 key string
    3 optional pointer bool
  `,
  'core.SecretProjection': `
    1 localObjectReference inline core.LocalObjectReference
    2 items list core.KeyToPath
    4 optional pointer bool
  `,
  'core.SecretReference': `
    1 name string
    2 namespace string
  `,
  'core.SecretVolumeSource': `
    1 secretName string
    2 items list core.KeyToPath
    3 defaultMode pointer int
    4 optional pointer bool
  `,
  'core.SecurityContext': `
    1 capabilities pointer core.Capabilities
    2 privileged pointer bool
    3 seLinuxOptions pointer core.SELinuxOptions
    10 windowsOptions pointer core.WindowsSecurityContextOptions
    4 runAsUser pointer int
    8 runAsGroup pointer int
    5 runAsNonRoot pointer bool
    6 readOnlyRootFilesystem pointer bool
    7 allowPrivilegeEscalation pointer bool
    9 procMount pointer string
    11 seccompProfile pointer core.SeccompProfile
    12 appArmorProfile pointer core.AppArmorProfile
  `,
  'core.Service': `
    1 metadata meta.ObjectMeta
    2 spec core.ServiceSpec
    3 status core.ServiceStatus
  `,
  'core.ServiceAccount': `
    1 metadata meta.ObjectMeta
    2 secrets list core.ObjectReference
    3 imagePullSecrets list core.LocalObjectReference
    4 automountServiceAccountToken pointer bool
  `,
  'core.ServiceAccountTokenProjection': `
    1 audience string
    2 expirationSeconds pointer int
    3 path string
  `,
  'core.ServicePort': `
    1 name string
    2 protocol string
    6 appProtocol pointer string
    3 port int
    4 targetPort intorstring
    5 nodePort int
  `,
  'core.ServiceSpec': `
    1 ports list core.ServicePort
    2 selector map string
    3 clusterIP string
    18 clusterIPs list string
    4 type string
    5 externalIPs list string
    7 sessionAffinity string
    8 loadBalancerIP string
    9 loadBalancerSourceRanges list string
    10 externalName string
    11 externalTrafficPolicy string
    12 healthCheckNodePort int
    13 publishNotReadyAddresses bool
    14 sessionAffinityConfig pointer core.SessionAffinityConfig
    19 ipFamilies list string
    17 ipFamilyPolicy pointer string
    20 allocateLoadBalancerNodePorts pointer bool
    21 loadBalancerClass pointer string
    22 internalTrafficPolicy pointer string
    23 trafficDistribution pointer string
  `,
  'core.ServiceStatus': `
    1 loadBalancer core.LoadBalancerStatus
    2 conditions list meta.Condition
  `,
  'core.SessionAffinityConfig': `
    1 clientIP pointer core.ClientIPConfig
  `,
  'core.SleepAction': `
    1 seconds int
  `,
  'core.StorageOSPersistentVolumeSource': `
    1 volumeName string
    2 volumeNamespace string
    3 fsType string
    4 readOnly bool
    5 secretRef pointer core.ObjectReference
  `,
  'core.StorageOSVolumeSource': `
    1 volumeName string
    2 volumeNamespace string
    3 fsType string
    4 readOnly bool
    5 secretRef pointer core.LocalObjectReference
  `,
  'core.Sysctl': `
    1 name string
    2 value string
  `,
  'core.TCPSocketAction': `
    1 port intorstring
    2 host string
  `,
  'core.Taint': `
    1 key string
    2 value string
    3 effect string
    4 timeAdded pointer time
  `,
  'core.Toleration': `
    1 key string
    2 operator string
    3 value string
    4 effect string
    5 tolerationSeconds pointer int
  `,
  'core.TopologySelectorLabelRequirement': `
    1 key string
    2 values list string
  `,
  'core.TopologySelectorTerm': `
    1 matchLabelExpressions list core.TopologySelectorLabelRequirement
  `,
  'core.TopologySpreadConstraint': `
    1 maxSkew int
    2 topologyKey string
    3 whenUnsatisfiable string
    4 labelSelector pointer meta.LabelSelector
    5 minDomains pointer int
    6 nodeAffinityPolicy pointer string
    7 nodeTaintsPolicy pointer string
    8 matchLabelKeys list string
  `,
  'core.TypedLocalObjectReference': `
    1 apiGroup pointer string
    2 kind string
    3 name string
  `,
  'core.TypedObjectReference': `
    1 apiGroup pointer string
    2 kind string
    3 name string
    4 namespace pointer string
  `,
  'core.Volume': `
    1 name string
    2 volumeSource inline core.VolumeSource
  `,
  'core.VolumeDevice': `
    1 name string
    2 devicePath string
  `,
  'core.VolumeMount': `
    1 name string
    2 readOnly bool
    7 recursiveReadOnly pointer string
    3 mountPath string
    4 subPath string
    5 mountPropagation pointer string
    6 subPathExpr string
  `,
  'core.VolumeMountStatus': `
    1 name string
    2 mountPath string
    3 readOnly bool
    4 recursiveReadOnly pointer string
  `,
  'core.VolumeNodeAffinity': `
    1 required pointer core.NodeSelector
  `,
  'core.VolumeProjection': `
    1 secret pointer core.SecretProjection
    2 downwardAPI pointer core.DownwardAPIProjection
    3 configMap pointer core.ConfigMapProjection
    4 serviceAccountToken pointer core.ServiceAccountTokenProjection
    5 clusterTrustBundle pointer core.ClusterTrustBundleProjection
  `,
  'core.VolumeResourceRequirements': `
    1 limits map quantity
    2 requests map quantity
  `,
  'core.VolumeSource': `
    1 hostPath pointer core.HostPathVolumeSource
    2 emptyDir pointer core.EmptyDirVolumeSource
    3 gcePersistentDisk pointer core.GCEPersistentDiskVolumeSource
    4 awsElasticBlockStore pointer core.AWSElasticBlockStoreVolumeSource
    5 gitRepo pointer core.GitRepoVolumeSource
    6 secret pointer core.SecretVolumeSource
    7 nfs pointer core.NFSVolumeSource
    8 iscsi pointer core.ISCSIVolumeSource
    9 glusterfs pointer core.GlusterfsVolumeSource
    10 persistentVolumeClaim pointer core.PersistentVolumeClaimVolumeSource
    11 rbd pointer core.RBDVolumeSource
    12 flexVolume pointer core.FlexVolumeSource
    13 cinder pointer core.CinderVolumeSource
    14 cephfs pointer core.CephFSVolumeSource
    15 flocker pointer core.FlockerVolumeSource
    16 downwardAPI pointer core.DownwardAPIVolumeSource
    17 fc pointer core.FCVolumeSource
    18 azureFile pointer core.AzureFileVolumeSource
    19 configMap pointer core.ConfigMapVolumeSource
    20 vsphereVolume pointer core.VsphereVirtualDiskVolumeSource
    21 quobyte pointer core.QuobyteVolumeSource
    22 azureDisk pointer core.AzureDiskVolumeSource
    23 photonPersistentDisk pointer core.PhotonPersistentDiskVolumeSource
    26 projected pointer core.ProjectedVolumeSource
    24 portworxVolume pointer core.PortworxVolumeSource
    25 scaleIO pointer core.ScaleIOVolumeSource
    27 storageos pointer core.StorageOSVolumeSource
    28 csi pointer core.CSIVolumeSource
    29 ephemeral pointer core.EphemeralVolumeSource
    30 image pointer core.ImageVolumeSource
  `,
  'core.VsphereVirtualDiskVolumeSource': `
    1 volumePath string
    2 fsType string
    3 storagePolicyName string
    4 storagePolicyID string
  `,
  'core.WeightedPodAffinityTerm': `
    1 weight int
    2 podAffinityTerm core.PodAffinityTerm
  `,
  'core.WindowsSecurityContextOptions': `
    1 gmsaCredentialSpecName pointer string
    2 gmsaCredentialSpec pointer string
    3 runAsUserName pointer string
    4 hostProcess pointer bool
  `,
  'discovery.Endpoint': `
    1 addresses list string
    2 conditions discovery.EndpointConditions
    3 hostname pointer string
    4 targetRef pointer core.ObjectReference
    5 deprecatedTopology map string
    6 nodeName pointer string
    7 zone pointer string
    8 hints pointer discovery.EndpointHints
  `,
  'discovery.EndpointConditions': `
    1 ready pointer bool
    2 serving pointer bool
    3 terminating pointer bool
  `,
  'discovery.EndpointHints': `
    1 forZones list discovery.ForZone
  `,
  'discovery.EndpointPort': `
    1 name pointer string
    2 protocol pointer string
    3 port pointer int
    4 appProtocol pointer string
  `,
  'discovery.EndpointSlice': `
    1 metadata meta.ObjectMeta
    4 addressType string
    2 endpoints list discovery.Endpoint
    3 ports list discovery.EndpointPort
  `,
  'discovery.ForZone': `
    1 name string
  `,
  'meta.Condition': `
    1 type string
    2 status string
    3 observedGeneration int
    4 lastTransitionTime time
    5 reason string
    6 message string
  `,
  'meta.DeleteOptions': `
    1 gracePeriodSeconds pointer int
    2 preconditions pointer meta.Preconditions
    3 orphanDependents pointer bool
    4 propagationPolicy pointer string
    5 dryRun list string
    6 ignoreStoreReadErrorWithClusterBreakingPotential pointer bool
  `,
  'meta.FieldSelectorRequirement': `
    1 key string
    2 operator string
    3 values list string
  `,
  'meta.LabelSelector': `
    1 matchLabels map string
    2 matchExpressions list meta.LabelSelectorRequirement
  `,
  'meta.LabelSelectorRequirement': `
    1 key string
    2 operator string
    3 values list string
  `,
  'meta.ManagedFieldsEntry': `
    1 manager string
    2 operation string
    3 apiVersion string
    4 time pointer time
    6 fieldsType string
    7 fieldsV1 pointer fields
    8 subresource string
  `,
  'meta.ObjectMeta': `
    1 name string
    2 generateName string
    3 namespace string
    4 selfLink string
    5 uid string
    6 resourceVersion string
    7 generation int
    8 creationTimestamp time
    9 deletionTimestamp pointer time
    10 deletionGracePeriodSeconds pointer int
    11 labels map string
    12 annotations map string
    13 ownerReferences list meta.OwnerReference
    14 finalizers list string
    17 managedFields list meta.ManagedFieldsEntry
  `,
  'meta.OwnerReference': `
    5 apiVersion string
    1 kind string
    3 name string
    4 uid string
    6 controller pointer bool
    7 blockOwnerDeletion pointer bool
  `,
  'meta.Preconditions': `
    1 uid pointer string
    2 resourceVersion pointer string
  `,
  'networking.HTTPIngressPath': `
    1 path string
    3 pathType pointer string
    2 backend networking.IngressBackend
  `,
  'networking.HTTPIngressRuleValue': `
    1 paths list networking.HTTPIngressPath
  `,
  'networking.Ingress': `
    1 metadata meta.ObjectMeta
    2 spec networking.IngressSpec
    3 status networking.IngressStatus
  `,
  'networking.IngressBackend': `
    4 service pointer networking.IngressServiceBackend
    3 resource pointer core.TypedLocalObjectReference
  `,
  'networking.IngressLoadBalancerIngress': `
    1 ip string
    2 hostname string
    4 ports list networking.IngressPortStatus
  `,
  'networking.IngressLoadBalancerStatus': `
    1 ingress list networking.IngressLoadBalancerIngress
  `,
  'networking.IngressPortStatus': `
    1 port int
    2 protocol string
    3 error pointer string
  `,
  'networking.IngressRule': `
    1 host string
    2 ingressRuleValue inline networking.IngressRuleValue
  `,
  'networking.IngressRuleValue': `
    1 http pointer networking.HTTPIngressRuleValue
  `,
  'networking.IngressServiceBackend': `
    1 name string
    2 port networking.ServiceBackendPort
  `,
  'networking.IngressSpec': `
    4 ingressClassName pointer string
    1 defaultBackend pointer networking.IngressBackend
    2 tls list networking.IngressTLS
    3 rules list networking.IngressRule
  `,
  'networking.IngressStatus': `
    1 loadBalancer networking.IngressLoadBalancerStatus
  `,
  'networking.IngressTLS': `
    1 hosts list string
    2 secretName string
  `,
  'networking.ServiceBackendPort': `
    1 name string
    2 number int
  `,
  'policy.Eviction': `
    1 metadata meta.ObjectMeta
    2 deleteOptions pointer meta.DeleteOptions
  `,
  'policy.PodDisruptionBudget': `
    1 metadata meta.ObjectMeta
    2 spec policy.PodDisruptionBudgetSpec
    3 status policy.PodDisruptionBudgetStatus
  `,
  'policy.PodDisruptionBudgetSpec': `
    1 minAvailable pointer intorstring
    2 selector pointer meta.LabelSelector
    3 maxUnavailable pointer intorstring
    4 unhealthyPodEvictionPolicy pointer string
  `,
  'policy.PodDisruptionBudgetStatus': `
    1 observedGeneration int
    2 disruptedPods map time
    3 disruptionsAllowed int
    4 currentHealthy int
    5 desiredHealthy int
    6 expectedPods int
    7 conditions list meta.Condition
  `,
  'rbac.AggregationRule': `
    1 clusterRoleSelectors list meta.LabelSelector
  `,
  'rbac.ClusterRole': `
    1 metadata meta.ObjectMeta
    2 rules list rbac.PolicyRule
    3 aggregationRule pointer rbac.AggregationRule
  `,
  'rbac.ClusterRoleBinding': `
    1 metadata meta.ObjectMeta
    2 subjects list rbac.Subject
    3 roleRef rbac.RoleRef
  `,
  'rbac.PolicyRule': `
    1 verbs list string
    2 apiGroups list string
    3 resources list string
    4 resourceNames list string
    5 nonResourceURLs list string
  `,
  'rbac.Role': `
    1 metadata meta.ObjectMeta
    2 rules list rbac.PolicyRule
  `,
  'rbac.RoleBinding': `
    1 metadata meta.ObjectMeta
    2 subjects list rbac.Subject
    3 roleRef rbac.RoleRef
  `,
  'rbac.RoleRef': `
    1 apiGroup string
    2 kind string
    3 name string
  `,
  'rbac.Subject': `
    1 kind string
    2 apiGroup string
    3 name string
    4 namespace string
  `,
  'scheduling.PriorityClass': `
    1 metadata meta.ObjectMeta
    2 value int
    3 globalDefault bool
    4 description string
    5 preemptionPolicy pointer string
  `,
  'storage.StorageClass': `
    1 metadata meta.ObjectMeta
    2 provisioner string
    3 parameters map string
    4 reclaimPolicy pointer string
    5 mountOptions list string
    6 allowVolumeExpansion pointer bool
    7 volumeBindingMode pointer string
    8 allowedTopologies list core.TopologySelectorTerm
  `,
};
