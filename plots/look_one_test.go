package plots
import ("testing";"os";"path/filepath";"strings")
func TestLookOne(t *testing.T){ spec:=os.Getenv("LOOK1"); if spec=="" {t.Skip()}
 all:=scenarios()
 for _,s:=range strings.Fields(spec){ a,b,_:=strings.Cut(s,"/"); if _,err:=Render(all[a],filepath.Join("/tmp/look1",a),strings.Split(b,","));err!=nil{t.Error(err)}}}
