; Branches whose sizes depend on each other, with data and alignment whose amount depends on labels.
bits 32
org 0x7c00
L0:
        jz L15
        add ax, L70-L0
L1:
        jnle L0
        mov bx, [bx+L0-L1]
L2:
        jz L0
distance2 equ L0-L2+3
        add cx, distance2
L3:
        jmp L0
        add ax, L59-L3
L4:
        jmp L11
distance4 equ L11-L4+3
        add cx, distance4
L5:
        jnz L25
        times 9 nop
L6:
        jmp L0
L7:
        jnz L0
        align 4
L8:
        jmp L0
        mov bx, [bx+L0-L8]
L9:
        jz L8
        dw L8
L10:
        call L7
L11:
        jpe L32
        times (L10-L8)&7 db 1
L12:
        jz L11
distance12 equ L11-L12+3
        add cx, distance12
L13:
        jmp L28
distance13 equ L28-L13+3
        add cx, distance13
L14:
        jz L34
        add ax, L58-L14
L15:
        call L39
L16:
        jz L5
        dw L5
L17:
        jmp L21
        mov bx, [bx+L21-L17]
L18:
        jnle L15
L19:
        jz L38
L20:
        jnle L5
        mov bx, [bx+L5-L20]
L21:
        call L20
L22:
        jnle L37
L23:
        jmp L47
        times 0 nop
L24:
        jnz L19
        times 3 nop
L25:
        jmp L36
        times 7 nop
L26:
        jpe L26
        mov bx, [bx+L26-L26]
L27:
        jnle L10
L28:
        call L37
L29:
        jnz L31
        dw L31
L30:
        jpe L13
        add ax, L12-L30
L31:
        jc L13
L32:
        jnz L57
distance32 equ L57-L32+3
        add cx, distance32
L33:
        jnz L32
distance33 equ L32-L33+3
        add cx, distance33
L34:
        call L38
L35:
        jz L10
L36:
        call L45
L37:
        jz L33
        times 2 nop
L38:
        jmp L42
L39:
        call L60
L40:
        jc L63
        times (L39-L37)&7 db 1
L41:
        call L22
L42:
        jnle L49
        mov bx, [bx+L49-L42]
L43:
        jc L66
        times (L42-L40)&7 db 1
L44:
        jmp L68
distance44 equ L68-L44+3
        add cx, distance44
L45:
        jmp L51
        mov bx, [bx+L51-L45]
L46:
        call L44
        times 3 nop
L47:
        jz L58
        add ax, L124-L47
L48:
        jc L27
        mov bx, [bx+L27-L48]
L49:
        jc L54
        times 9 nop
L50:
        jnle L52
L51:
        jnle L74
L52:
        jmp L52
        dw L52
L53:
        jpe L61
        mov bx, [bx+L61-L53]
L54:
        jz L43
        align 4
L55:
        jnle L67
        add ax, L181-L55
L56:
        jmp L71
        times 0 nop
L57:
        jz L53
        times (L56-L54)&7 db 1
L58:
        jpe L50
        times 2 nop
L59:
        jpe L80
        times 7 nop
L60:
        jnle L61
        add ax, L168-L60
L61:
        jmp L63
        dw L63
L62:
        jmp L66
L63:
        jz L79
        add ax, L186-L63
L64:
        jz L60
        times 3 nop
L65:
        jpe L74
        mov bx, [bx+L74-L65]
L66:
        call L52
        push L52-L50
L67:
        jpe L46
L68:
        jz L78
        add ax, L138-L68
L69:
        jz L44
L70:
        jc L60
        dw L60
L71:
        jnle L76
L72:
        jc L50
        dw L50
L73:
        call L72
L74:
        jpe L99
        times 11 nop
L75:
        jpe L96
        mov bx, [bx+L96-L75]
L76:
        jnle L69
L77:
        jmp L89
L78:
        jmp L56
distance78 equ L56-L78+3
        add cx, distance78
L79:
        jc L86
        add ax, L130-L79
L80:
        jc L60
        add ax, L17-L80
L81:
        jnle L99
        dw L99
L82:
        jnle L93
distance82 equ L93-L82+3
        add cx, distance82
L83:
        jz L60
        dw L60
L84:
        jmp L96
L85:
        jmp L73
        times 6 nop
L86:
        call L69
        push L69-L67
L87:
        jz L110
        add ax, L159-L87
L88:
        jz L99
        add ax, L54-L88
L89:
        call L96
        mov bx, [bx+L96-L89]
L90:
        jz L87
L91:
        call L89
        mov bx, [bx+L89-L91]
L92:
        call L101
L93:
        jmp L109
L94:
        call L104
L95:
        jc L76
        times 1 nop
L96:
        jc L118
        times 9 nop
L97:
        jmp L85
        times 10 nop
L98:
        jpe L89
        times 0 nop
L99:
        jnz L79
L100:
        jmp L77
        align 4
L101:
        call L116
        mov bx, [bx+L116-L101]
L102:
        jnz L105
distance102 equ L105-L102+3
        add cx, distance102
L103:
        jz L85
L104:
        jc L123
        times (L103-L101)&7 db 1
L105:
        jc L103
        dw L103
L106:
        call L83
        dw L83
L107:
        jmp L132
L108:
        jnle L96
L109:
        jnz L106
bits 16
L110:
        jc L132
L111:
        jc L101
L112:
        jnz L98
        add ax, L188-L112
L113:
        jnz L109
L114:
        jnle L136
        times 12 nop
L115:
        jz L134
        dw L134
L116:
        jpe L93
        times 7 nop
L117:
        call L114
L118:
        jnle L107
        add ax, L49-L118
L119:
        jmp L119
        times 1 nop
L120:
        call L144
        dw L144
L121:
        jnz L128
L122:
        jmp L131
L123:
        call L105
        mov bx, [bx+L105-L123]
L124:
        jmp L115
        mov bx, [bx+L115-L124]
L125:
        jmp L127
L126:
        jnz L121
L127:
        jz L134
        dw L134
L128:
        jnle L139
        times 11 nop
L129:
        jmp L131
        times (L128-L126)&7 db 1
L130:
        jnle L139
        dw L139
L131:
        jmp L110
L132:
        jz L149
L133:
        call L127
L134:
        jnz L129
L135:
        jc L145
        mov bx, [bx+L145-L135]
L136:
        jnz L153
L137:
        call L123
        dw L123
L138:
        call L113
        times 6 nop
L139:
        jmp L164
        push L164-L162
L140:
        jnle L143
        times (L139-L137)&7 db 1
L141:
        jc L166
L142:
        jmp L135
        add ax, L192-L142
L143:
        call L133
        times 3 nop
L144:
        jmp L128
        add ax, L121-L144
L145:
        jz L159
        push L159-L157
L146:
        jnle L161
L147:
        jpe L146
        dw L146
L148:
        jmp L132
L149:
        jz L173
L150:
        jc L139
L151:
        jpe L170
        add ax, L63-L151
L152:
        jpe L134
        mov bx, [bx+L134-L152]
L153:
        jmp L157
L154:
        jnz L157
L155:
        jpe L165
L156:
        jpe L178
        push L178-L176
L157:
        jnle L180
L158:
        jpe L150
L159:
        jpe L151
        add ax, L73-L159
L160:
        call L150
        align 2
L161:
        jc L144
        times 11 nop
L162:
        jnle L146
        add ax, L104-L162
L163:
        jpe L159
        dw L159
L164:
        jnz L152
        dw L152
L165:
        jmp L189
L166:
        jnz L189
        push L189-L187
L167:
        call L164
L168:
        jnle L169
        push L169-L167
L169:
        jnz L161
        push L161-L159
L170:
        jmp L169
L171:
        jc L171
L172:
        jmp L155
L173:
        jmp L185
        add ax, L109-L173
L174:
        jpe L157
        mov bx, [bx+L157-L174]
L175:
        jnz L166
        align 16
L176:
        jmp L171
L177:
        call L176
L178:
        call L179
L179:
        jmp L184
L180:
        jmp L158
        times 1 nop
L181:
        jmp L205
L182:
        jnle L172
L183:
        jc L197
        times 7 nop
L184:
        jz L201
distance184 equ L201-L184+3
        add cx, distance184
L185:
        jpe L173
L186:
        jmp L210
        mov bx, [bx+L210-L186]
L187:
        jz L200
L188:
        call L173
        mov bx, [bx+L173-L188]
L189:
        call L165
distance189 equ L165-L189+3
        add cx, distance189
L190:
        jnz L189
L191:
        jz L178
distance191 equ L178-L191+3
        add cx, distance191
L192:
        jnle L207
        mov bx, [bx+L207-L192]
L193:
        call L217
L194:
        jz L207
L195:
        jmp L206
        align 16
L196:
        jmp L213
        add ax, L165-L196
L197:
        jmp L193
L198:
        jz L204
        dw L204
L199:
        jpe L197
L200:
        jc L202
L201:
        call L217
L202:
        jpe L211
        push L211-L209
L203:
        call L219
        align 4
L204:
        call L184
L205:
        jpe L195
distance205 equ L195-L205+3
        add cx, distance205
L206:
        jnz L219
        align 16
L207:
        jc L202
        push L202-L200
L208:
        call L205
        align 8
L209:
        jmp L219
        times (L208-L206)&7 db 1
L210:
        jz L197
        times 6 nop
L211:
        jnle L217
L212:
        jpe L219
        dw L219
L213:
        jz L189
        times 6 nop
L214:
        jnle L219
        align 8
L215:
        jmp L219
        dw L219
L216:
        jmp L219
        dw L219
L217:
        call L219
        align 4
L218:
        jnle L200
        align 4
L219:
        jnle L206
