package luaapi

import (
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	lua "github.com/yuin/gopher-lua"
)

type dataOptions struct {
	Stuff     bool `lua:"stuff" doc:"Puts a second dot before the leading one of a line (RFC 5321 4.5.2)." default:"true"`
	LineEnds  bool `lua:"line_ends" doc:"Makes each line end CRLF." default:"true"`
	Terminate bool `lua:"terminate" doc:"Ends the last line, and adds the line with the dot that ends the data." default:"true"`
}

var dataTable = bind.OptionsOf[dataOptions]("smtp.DataOptions", "What is done to a message before it goes out. What is false is left to the script.")

// dataContent is what goes over the wire after 354.
func dataContent(content string, options *lua.LTable) string {
	o := dataOptions{Stuff: true, LineEnds: true, Terminate: true}
	dataTable.Decode(options, &o)
	if o.Stuff && o.LineEnds && o.Terminate {
		return stuff(content)
	}
	if o.LineEnds {
		content = lineEnds(content)
	}
	if o.Stuff {
		if strings.HasPrefix(content, ".") {
			content = "." + content
		}
		content = strings.ReplaceAll(content, "\r\n.", "\r\n..")
	}
	if !o.Terminate {
		return content
	}
	if content != "" && !strings.HasSuffix(content, "\r\n") {
		content += "\r\n"
	}
	return content + ".\r\n"
}
