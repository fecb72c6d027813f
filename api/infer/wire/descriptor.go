package wire

import (
	"strings"

	"google.golang.org/protobuf/types/descriptorpb"
)

// Service is the full name of the protocol's service.
const Service = "inference.GRPCInferenceService"

// schema is the service's messages in short: "name: field type number, …". A
// field that is a list begins with *, a map from texts with %.
const schema = `
ServerLiveRequest:
ServerLiveResponse: live bool 1
ServerReadyRequest:
ServerReadyResponse: ready bool 1
ModelReadyRequest: name string 1, version string 2
ModelReadyResponse: ready bool 1
ServerMetadataRequest:
ServerMetadataResponse: name string 1, version string 2, *extensions string 3
ModelMetadataRequest: name string 1, version string 2
ModelMetadataResponse: name string 1, *versions string 2, platform string 3, *inputs ModelMetadataResponse.TensorMetadata 4, *outputs ModelMetadataResponse.TensorMetadata 5
ModelMetadataResponse.TensorMetadata: name string 1, datatype string 2, *shape int64 3
InferParameter: bool_param bool 1, int64_param int64 2, string_param string 3, double_param double 4, uint64_param uint64 5
InferTensorContents: *bool_contents bool 1, *int_contents int32 2, *int64_contents int64 3, *uint_contents uint32 4, *uint64_contents uint64 5, *fp32_contents float 6, *fp64_contents double 7, *bytes_contents bytes 8
ModelInferRequest: model_name string 1, model_version string 2, id string 3, %parameters InferParameter 4, *inputs ModelInferRequest.InferInputTensor 5, *outputs ModelInferRequest.InferRequestedOutputTensor 6, *raw_input_contents bytes 7
ModelInferRequest.InferInputTensor: name string 1, datatype string 2, *shape int64 3, %parameters InferParameter 4, contents InferTensorContents 5
ModelInferRequest.InferRequestedOutputTensor: name string 1, %parameters InferParameter 2
ModelInferResponse: model_name string 1, model_version string 2, id string 3, %parameters InferParameter 4, *outputs ModelInferResponse.InferOutputTensor 5, *raw_output_contents bytes 6
ModelInferResponse.InferOutputTensor: name string 1, datatype string 2, *shape int64 3, %parameters InferParameter 4, contents InferTensorContents 5
ModelStreamInferResponse: error_message string 1, infer_response ModelInferResponse 2
ModelStatisticsRequest: name string 1, version string 2
ModelStatisticsResponse: *model_stats ModelStatistics 1
ModelStatistics: name string 1, version string 2, last_inference uint64 3, inference_count uint64 4, execution_count uint64 5, inference_stats InferStatistics 6
InferStatistics: success StatisticDuration 1, fail StatisticDuration 2, queue StatisticDuration 3, compute_input StatisticDuration 4, compute_infer StatisticDuration 5, compute_output StatisticDuration 6, cache_hit StatisticDuration 7, cache_miss StatisticDuration 8
StatisticDuration: count uint64 1, ns uint64 2
RepositoryIndexRequest: repository_name string 1, ready bool 2
RepositoryIndexResponse: *models RepositoryIndexResponse.ModelIndex 1
RepositoryIndexResponse.ModelIndex: name string 1, version string 2, state string 3, reason string 4
ModelRepositoryParameter: bool_param bool 1, int64_param int64 2, string_param string 3, bytes_param bytes 4
RepositoryModelLoadRequest: repository_name string 1, model_name string 2, %parameters ModelRepositoryParameter 3
RepositoryModelLoadResponse:
RepositoryModelUnloadRequest: repository_name string 1, model_name string 2, %parameters ModelRepositoryParameter 3
RepositoryModelUnloadResponse:
`

// Methods are the service's methods; each takes the message of its name with
// Request at the end and gives the one with Response.
var Methods = []string{
	"ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata", "ModelInfer",
	"ModelStatistics", "RepositoryIndex", "RepositoryModelLoad", "RepositoryModelUnload",
}

var scalars = map[string]descriptorpb.FieldDescriptorProto_Type{
	"bool":   descriptorpb.FieldDescriptorProto_TYPE_BOOL,
	"string": descriptorpb.FieldDescriptorProto_TYPE_STRING,
	"bytes":  descriptorpb.FieldDescriptorProto_TYPE_BYTES,
	"int32":  descriptorpb.FieldDescriptorProto_TYPE_INT32,
	"int64":  descriptorpb.FieldDescriptorProto_TYPE_INT64,
	"uint32": descriptorpb.FieldDescriptorProto_TYPE_UINT32,
	"uint64": descriptorpb.FieldDescriptorProto_TYPE_UINT64,
	"float":  descriptorpb.FieldDescriptorProto_TYPE_FLOAT,
	"double": descriptorpb.FieldDescriptorProto_TYPE_DOUBLE,
}

// Descriptor is the service's schema as protobuf describes files.
func Descriptor() *descriptorpb.FileDescriptorProto {
	file := &descriptorpb.FileDescriptorProto{Name: new("grpc_service.proto"), Package: new("inference"), Syntax: new("proto3")}
	byName := map[string]*descriptorpb.DescriptorProto{}
	for line := range strings.Lines(strings.TrimSpace(schema)) {
		name, fields, _ := strings.Cut(strings.TrimSpace(line), ":")
		outer, inner, nested := strings.Cut(name, ".")
		message := &descriptorpb.DescriptorProto{Name: new(outer)}
		if nested {
			message.Name = new(inner)
			byName[outer].NestedType = append(byName[outer].NestedType, message)
		} else {
			file.MessageType = append(file.MessageType, message)
		}
		byName[name] = message
		for text := range strings.SplitSeq(fields, ",") {
			if text = strings.TrimSpace(text); text != "" {
				addField(message, name, text)
			}
		}
	}
	for _, name := range []string{"InferParameter", "ModelRepositoryParameter"} { // their values are one of several
		byName[name].OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: new("parameter_choice")}}
		for _, field := range byName[name].Field {
			field.OneofIndex = new(int32(0))
		}
	}
	service := &descriptorpb.ServiceDescriptorProto{Name: new("GRPCInferenceService")}
	for _, method := range Methods {
		service.Method = append(service.Method, &descriptorpb.MethodDescriptorProto{
			Name: new(method), InputType: new(".inference." + method + "Request"), OutputType: new(".inference." + method + "Response"),
		})
	}
	service.Method = append(service.Method, &descriptorpb.MethodDescriptorProto{
		Name: new("ModelStreamInfer"), InputType: new(".inference.ModelInferRequest"), OutputType: new(".inference.ModelStreamInferResponse"),
		ClientStreaming: new(true), ServerStreaming: new(true),
	})
	file.Service = []*descriptorpb.ServiceDescriptorProto{service}
	return file
}

// addField adds a field of the short form to the message of this full name.
func addField(message *descriptorpb.DescriptorProto, full, text string) {
	parts := strings.Fields(text)
	name := strings.TrimLeft(parts[0], "*%")
	number := int32(0)
	for _, digit := range parts[2] {
		number = number*10 + digit - '0'
	}
	field := &descriptorpb.FieldDescriptorProto{Name: new(name), Number: new(number), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
	setType(field, parts[1])
	switch parts[0][0] {
	case '*':
		field.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	case '%':
		// A map is a list of entries of a nested message.
		entry := &descriptorpb.DescriptorProto{
			Name:    new(strings.ToUpper(name[:1]) + name[1:] + "Entry"),
			Options: &descriptorpb.MessageOptions{MapEntry: new(true)},
		}
		addField(entry, "", "key string 1")
		addField(entry, "", "value "+parts[1]+" 2")
		message.NestedType = append(message.NestedType, entry)
		field.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
		setType(field, full+"."+entry.GetName())
	}
	message.Field = append(message.Field, field)
}

func setType(field *descriptorpb.FieldDescriptorProto, name string) {
	if scalar, ok := scalars[name]; ok {
		field.Type = scalar.Enum()
		return
	}
	field.Type = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
	field.TypeName = new(".inference." + name)
}
